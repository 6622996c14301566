/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include <stdio.h>

/* A line of a case for every option of every command whose values are of one kind. */
static void print_options(fcast_value_kind kind, const char *action) {
  const char *separator = "    ";
  for (size_t i = 0; i < fcast_n_commands(); i++) {
    const fcast_command *command = fcast_command_at(i);
    for (size_t k = 0; k < fcast_n_options(command); k++) {
      const fcast_option *option = fcast_option_at(command, k);
      if (fcast_value_kind_of(option->argument) == kind) {
        printf("%s%s--%s", separator, command->name, option->name);
        separator = " | ";
      }
    }
  }
  printf(") %s ;;\n", action);
}

static void print_word_options(void) {
  for (size_t i = 0; i < fcast_n_commands(); i++) {
    const fcast_command *command = fcast_command_at(i);
    for (size_t k = 0; k < fcast_n_options(command); k++) {
      const fcast_option *option = fcast_option_at(command, k);
      if (fcast_value_kind_of(option->argument) == FCAST_VALUE_WORDS) {
        printf("    %s--%s) _flockcast_words \"", command->name, option->name);
        fcast_print_words(option->argument, " ");
        printf("\" ;;\n");
      }
    }
  }
}

static void print_settings(void) {
  fcast_setting setting;
  printf("_flockcast_setting() { # KEY or KEY=VALUE so far\n  local key=${1%%%%=*} value=${1#*=}\n"
         "  if [[ $1 != *=* ]]; then\n    COMPREPLY=($(compgen -S = -W \"");
  for (size_t i = 0; fcast_setting_at(i, &setting); i++) {
    printf("%s%s", i > 0 ? " " : "", setting.name);
  }
  printf("\" -- \"$1\"))\n    compopt -o nospace 2>/dev/null\n    return\n  fi\n  case $key in\n");
  for (size_t i = 0; fcast_setting_at(i, &setting); i++) {
    if (setting.words[0] != '\0') {
      printf("    %s) _flockcast_words \"%s\" \"$value\" \"$key=\" ;;\n", setting.name, setting.words);
    }
  }
  printf("  esac\n}\n\n");
}

/* Commands with their options and what stands beside them. */
static void print_commands(void) {
  printf("  case $command in\n");
  for (size_t i = 0; i < fcast_n_commands(); i++) {
    const fcast_command *command = fcast_command_at(i);
    printf("    %s)\n      options=\"", command->name);
    for (size_t k = 0; k < fcast_n_options(command); k++) {
      printf("%s--%s", k > 0 ? " " : "", fcast_option_at(command, k)->name);
    }
    printf("\"\n");
    switch (fcast_value_kind_of(command->operands)) {
    case FCAST_VALUE_FILE:
      printf("      operands=files\n");
      break;
    case FCAST_VALUE_DIR:
      printf("      operands=directories\n");
      break;
    case FCAST_VALUE_WORDS:
      printf("      operands=\"");
      fcast_print_words(command->operands, " ");
      printf("\"\n");
      break;
    default:
      break;
    }
    printf("      ;;\n");
  }
  printf("  esac\n");
}

static void print_helpers(void) {
  printf("# Completes flockcast in bash. Made by 'flockcast completion bash'.\n\n"
         "_flockcast_words() { # WORDS [PART [PREFIX]]: those that begin with PART, which is what was typed\n"
         "  COMPREPLY=($(compgen -P \"${3-}\" -W \"$1\" -- \"${2-$part}\"))\n}\n\n"
         "_flockcast_files() {\n  COMPREPLY=($(compgen -f -- \"$part\"))\n  compopt -o filenames 2>/dev/null\n}\n\n"
         "_flockcast_directories() {\n  COMPREPLY=($(compgen -d -- \"$part\"))\n  compopt -o filenames 2>/dev/null\n"
         "}\n\n");
}

/* The words of the line so far, put together again, and the option whose value is being typed. */
static void print_reading_of_line(void) {
  printf("_flockcast() {\n"
         "  local IFS=$' \\t\\n' word glue='' part option='' prefix='' options='' operands='' command i n=0\n"
         "  local -a line=()\n"
         "  # '=' may be a word of its own: put what belongs together together\n"
         "  for ((i = 0; i <= COMP_CWORD; i++)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    if [[ $n -gt 0 && ( $word == = || -n $glue ) ]]; then\n"
         "      line[n - 1]+=$word\n"
         "      glue=''\n"
         "      if [[ $word == = ]]; then glue=yes; fi\n"
         "    else\n"
         "      line[n]=$word\n"
         "      n=$((n + 1))\n"
         "    fi\n"
         "  done\n"
         "  command=${line[1]-}\n"
         "  part=${line[n - 1]}\n"
         "  COMPREPLY=()\n"
         "  if [[ $n -le 2 ]]; then\n"
         "    _flockcast_words \"");
  for (size_t i = 0; i < fcast_n_commands(); i++) {
    printf("%s ", fcast_command_at(i)->name);
  }
  printf("--help --version\"\n    return\n  fi\n"
         "  if [[ $part == --*=* ]]; then\n"
         "    option=${part%%%%=*} prefix=${part%%%%=*}= part=${part#*=}\n"
         "  elif [[ ${line[n - 2]} == --* && ${line[n - 2]} != *=* ]]; then\n"
         "    option=${line[n - 2]}\n"
         "  fi\n"
         "  option=${option#--}\n"
         "  option=--${option//-/_}\n"
         "  case $command$option in\n");
}

/* What there is to say where no option takes the word, and how bash wants it. */
static void print_answer(void) {
  printf("  if [[ -n $option ]]; then\n    :\n"
         "  elif [[ $part == -* ]]; then\n"
         "    part=${part#--}\n"
         "    _flockcast_words \"$options\" \"--${part//-/_}\"\n"
         "  elif [[ $operands == files || $operands == directories ]]; then\n"
         "    _flockcast_$operands\n"
         "  else\n"
         "    _flockcast_words \"$operands\"\n"
         "  fi\n"
         "  # what bash takes for the word to complete begins behind the last '='\n"
         "  if [[ $COMP_WORDBREAKS == *=* && ${line[n - 1]} == *=* ]]; then\n"
         "    word=${part%%\"${part##*=}\"}\n"
         "    COMPREPLY=(\"${COMPREPLY[@]#\"$word\"}\")\n"
         "  elif [[ -n $prefix ]]; then\n"
         "    COMPREPLY=(\"${COMPREPLY[@]/#/$prefix}\")\n"
         "  fi\n"
         "}\n\ncomplete -F _flockcast flockcast\n");
}

void fcast_completion_bash(void) {
  print_helpers();
  print_settings();
  print_reading_of_line();
  print_options(FCAST_VALUE_FILE, "_flockcast_files");
  print_options(FCAST_VALUE_DIR, "_flockcast_directories");
  print_options(FCAST_VALUE_SETTING, "_flockcast_setting \"$part\"");
  print_word_options();
  print_options(FCAST_VALUE_ANY, ":");
  printf("    *) option='' ;;\n  esac\n");
  print_commands();
  print_answer();
}
