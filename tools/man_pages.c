/* SPDX-License-Identifier: MIT
 *
 * man_pages DIRECTORY DATE: the manual as roff, from the tables that --help and the configuration are made of.
 */
#include "cli/command.h"
#include "io/config_table.h"
#include "io/json_file.h"
#include "io/provenance.h"

#include "flockcast/array.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const fcast_note exit_statuses[] = {
    {"0", "done"},
    {"1", "failed, as by a full disk or a numerical method that did not succeed"},
    {"2", "wrong usage or configuration"},
    {"3", "data missing, incomplete or corrupt"},
    {"130", "in a shell: ended by Ctrl-C where there is nothing to finish first; no file is half written"},
    {NULL, NULL},
};

static const fcast_note environment[] = {
    {"OMP_NUM_THREADS", "threads to use; all cores where it is not set. Results do not depend on it."},
    {"OMP_WAIT_POLICY", "how threads wait for each other; passive where it is not set: they sleep."},
    {"OPENBLAS_NUM_THREADS", "threads that OpenBLAS keeps; 1 where it is not set, as no more of them are used."},
    {"PATH", "where rsync, ssh and the commands of Slurm are looked for."},
    {"TERM", "dumb: lines now and then instead of a bar."},
    {"SLURM_JOB_ID and others", "inside a job: go into the provenance of what is written."},
    {NULL, NULL},
};

static const fcast_note program_examples[] = {
    {"flockcast run --set ensemble.n_train=200", "the whole workflow in the current directory"},
    {"flockcast doctor", "what works on this machine"},
    {"flockcast config --defaults > config.yml", "a configuration to begin with"},
    {NULL, NULL},
};

static const fcast_note program_files[] = {
    {"oscar_outputs/training/, oscar_outputs/test/", "runs: traj.npz, density.npz, metadata.json, order_params.npz"},
    {"oscar_outputs/models/", "what was learned from them"},
    {"oscar_outputs/config.yml", "the configuration they were made with"},
    {"outputs/local_pipeline/", "scores, figures and films"},
    {NULL, NULL},
};

static const char config_example[] = "sim:\n  N: 200\n  Lx: 30.0\n  Ly: 30.0\nensemble:\n  ic_types: [ring, uniform]\n";

/* --- roff --- */

/* Lines of a page are best below 80 characters; of what stands in examples and titles, none is broken. */
enum { LONGEST_LINE = 70, NEVER = 100000 };

/* Text of a paragraph: a line that begins with a dot or an apostrophe would be a request. */
static void put_broken(FILE *out, const char *text, size_t longest) {
  bool starts = true;
  size_t column = 0;
  for (; *text != '\0'; text++) {
    if (starts && (*text == '.' || *text == '\'')) {
      (void)fprintf(out, "\\&");
    }
    starts = *text == '\n' || (*text == ' ' && column + strcspn(text + 1, " \n") >= longest);
    column = starts ? 0 : column + 1;
    if (starts) {
      (void)fputc('\n', out);
      continue;
    }
    if (*text == '\\') {
      (void)fprintf(out, "\\e");
    } else if (*text == '-') {
      (void)fprintf(out, "\\-");
    } else {
      (void)fputc(*text, out);
    }
  }
}

static void put_text(FILE *out, const char *text) {
  put_broken(out, text, LONGEST_LINE);
}

static void put_line(FILE *out, const char *request, const char *text) {
  (void)fprintf(out, "%s", request);
  put_text(out, text);
  (void)fprintf(out, "\n");
}

static void put_notes(FILE *out, const char *heading, const fcast_note *notes) {
  (void)fprintf(out, ".SH %s\n", heading);
  for (; notes->name != NULL; notes++) {
    put_line(out, ".TP\n.B ", notes->name);
    put_line(out, "", notes->text);
  }
}

static void put_examples(FILE *out, const fcast_note *examples) {
  (void)fprintf(out, ".SH EXAMPLES\n");
  for (; examples->name != NULL; examples++) {
    put_line(out, "", examples->text);
    (void)fprintf(out, ".PP\n.nf\n.RS\n");
    put_broken(out, examples->name, NEVER);
    (void)fprintf(out, "\n.RE\n.fi\n%s", examples[1].name != NULL ? ".PP\n" : "");
  }
}

static void put_title(FILE *out, const char *name, int section, const char *date) {
  (void)fprintf(out, ".\\\" Made from the tables of the program by tools/man_pages.c.\n.TH \"");
  for (; *name != '\0'; name++) {
    (void)fputc(toupper((unsigned char)*name), out);
  }
  (void)fprintf(out, "\" %d \"%s\" \"flockcast %s\" \"flockcast\"\n", section, date, fcast_version());
}

static void put_name(FILE *out, const char *name, const char *summary) {
  (void)fprintf(out, ".SH NAME\n");
  put_broken(out, name, NEVER);
  (void)fprintf(out, " \\- ");
  put_broken(out, summary, NEVER);
  (void)fprintf(out, "\n");
}

static void put_option(FILE *out, const fcast_option *option) {
  (void)fprintf(out, ".TP\n.B \\-\\-");
  put_text(out, option->name);
  if (option->argument != NULL) {
    (void)fprintf(out, " \\fI");
    put_text(out, option->argument);
    (void)fprintf(out, "\\fR");
  }
  (void)fprintf(out, "\n");
  put_text(out, option->help);
  if (option->preset != NULL) {
    (void)fprintf(out, " (default: ");
    put_text(out, option->preset);
    (void)fprintf(out, ")");
  }
  (void)fprintf(out, "%s\n", option->is_required ? " (required)" : "");
}

/* --- pages --- */

static void put_command(FILE *out, const fcast_command *command, const char *date) {
  char name[64];
  char synopsis[FCAST_SYNOPSIS];
  const size_t n_own = fcast_n_own_options(command);
  (void)snprintf(name, sizeof name, "flockcast-%s", command->name);
  fcast_command_synopsis(command, synopsis);
  put_title(out, name, 1, date);
  put_name(out, name, command->summary);
  put_line(out, ".SH SYNOPSIS\n.B flockcast\n", synopsis);
  put_line(out, ".SH DESCRIPTION\n", command->about);
  (void)fprintf(out, ".SH OPTIONS\nA dash in place of an underscore means the same.\n");
  for (size_t i = 0; i < fcast_n_options(command); i++) {
    if (i == n_own) {
      (void)fprintf(out, ".SS Common options\n");
    }
    put_option(out, fcast_option_at(command, i));
  }
  put_notes(out, "EXIT STATUS", exit_statuses);
  put_notes(out, "FILES", command->files);
  put_notes(out, "ENVIRONMENT", environment);
  put_examples(out, command->examples);
  (void)fprintf(out, ".SH SEE ALSO\n.BR flockcast (1),\n.BR flockcast\\-config (5)");
  for (const char *const *other = command->see_also; *other != NULL; other++) {
    (void)fprintf(out, ",\n.BR flockcast\\-%s (1)", *other);
  }
  (void)fprintf(out, "\n");
}

static void put_program(FILE *out, const char *date) {
  put_title(out, "flockcast", 1, date);
  put_name(out, "flockcast", "simulate flocks, learn a model of their density, judge the forecast");
  (void)fprintf(out, ".SH SYNOPSIS\n.B flockcast\n.I COMMAND\n[OPTIONS]\n.br\n.B flockcast \\-\\-help\n.br\n"
                     ".B flockcast \\-\\-version\n.SH DESCRIPTION\n");
  put_line(out, "",
           "flockcast simulates flocks of self-propelled particles, turns them into density fields, learns "
           "reduced-order models of the density and the law of motion itself from hundreds of runs, forecasts unseen "
           "runs, and judges every forecast beside honest baselines. Every file of arrays is an NPZ that numpy.load "
           "reads.");
  put_line(out, ".PP\n",
           "Progress and remarks go to standard error, reports to standard output. What is interrupted goes on when "
           "the same command is given again.");
  (void)fprintf(out, ".SH COMMANDS\n");
  for (size_t i = 0; i < fcast_n_commands(); i++) {
    (void)fprintf(out, ".TP\n.BR flockcast\\-%s (1)\n", fcast_command_at(i)->name);
    put_line(out, "", fcast_command_at(i)->summary);
  }
  (void)fprintf(out, ".SH OPTIONS\nEvery command takes these; \\-\\-json those whose product is a report.\n");
  const fcast_command *with_all = &fcast_command_check;
  for (size_t i = fcast_n_own_options(with_all); i < fcast_n_options(with_all); i++) {
    put_option(out, fcast_option_at(with_all, i));
  }
  put_notes(out, "EXIT STATUS", exit_statuses);
  put_line(out, ".PP\n",
           "An error is one line on standard error that names the file or key, what was found and what was expected.");
  put_notes(out, "FILES", program_files);
  put_notes(out, "ENVIRONMENT", environment);
  put_examples(out, program_examples);
  (void)fprintf(out, ".SH SEE ALSO\n.BR flockcast\\-config (5)\n");
}

/* One key: what it may be, its default, what it means. */
static fcast_status put_key(FILE *out, const fcast_config *defaults, const fcast__config_row *row, fcast_error *err) {
  char name[FCAST__CONFIG_NAME];
  char expected[256];
  json_t *value = fcast__config_value(defaults, row);
  char *text = value == NULL           ? NULL
               : json_is_string(value) ? fcast_format("%s", json_string_value(value))
                                       : fcast_json_text(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
  json_decref(value);
  if (text == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a default");
  }
  fcast__config_row_name(row, name);
  fcast__config_expected(row, expected, sizeof expected);
  put_line(out, ".TP\n.B ", name);
  put_text(out, row->comment);
  (void)fprintf(out, ".\nExpected:\n");
  put_text(out, expected);
  (void)fprintf(out, ".\nDefault: ");
  put_text(out, text[0] == '\0' ? "none" : text);
  (void)fprintf(out, ".\n");
  fcast_free(text);
  return FCAST_OK;
}

static fcast_status put_config(FILE *out, const char *date, fcast_error *err) {
  fcast_config defaults;
  const char *section = "";
  fcast_status status = FCAST_OK;
  fcast_config_default(&defaults);
  put_title(out, "flockcast-config", 5, date);
  put_name(out, "flockcast-config", "configuration of flockcast");
  put_line(
      out, ".SH DESCRIPTION\n",
      "One YAML file for all commands. Every key has a default, so that a file holds only what differs. What "
      "--config names is read first, then every --set section.key=value is applied; without --config, commands "
      "that work on a directory of runs take the config.yml that lies in it. A key that does not exist is an error "
      "that names the nearest one. A list is written [a, b]; where a value may differ from run to run, a list is "
      "taken in turn and 1.5..2 means anything between, by the seed of the run.");
  (void)fprintf(out, ".SH KEYS\n");
  for (size_t i = 0; status == FCAST_OK && i < fcast__config_n_rows(); i++) {
    const fcast__config_row *row = fcast__config_row_at(i);
    if (strcmp(row->section, section) != 0) {
      section = row->section;
      put_line(out, ".SS ", section);
    }
    status = put_key(out, &defaults, row, err);
  }
  (void)fprintf(out, ".SH FILES\n.TP\n.B DIR/config.yml\nwritten by run, submit and import beside their runs.\n"
                     ".SH EXAMPLES\n.nf\n.RS\n");
  put_broken(out, config_example, NEVER);
  (void)fprintf(out, ".RE\n.fi\n.SH SEE ALSO\n.BR flockcast (1),\n.BR flockcast\\-config (1)\n");
  return status;
}

/* --- files --- */

static fcast_status open_page(const char *directory, const char *name, int section, FILE **out, fcast_error *err) {
  char *path = fcast_format("%s/%s.%d", directory, name, section);
  *out = path == NULL ? NULL : fopen(path, "w");
  const fcast_status status = *out != NULL ? FCAST_OK
                                           : fcast_fail(err, FCAST_E_IO, "%s/%s.%d: cannot be written: %s", directory,
                                                        name, section, strerror(errno));
  fcast_free(path);
  return status;
}

static fcast_status close_page(FILE *out, fcast_status status, fcast_error *err) {
  const bool failed = (ferror(out) != 0) | (fclose(out) != 0);
  return status == FCAST_OK && failed ? fcast_fail(err, FCAST_E_IO, "a page cannot be written") : status;
}

static fcast_status write_all(const char *directory, const char *date, fcast_error *err) {
  FILE *out = NULL;
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < fcast_n_commands(); i++) {
    char name[64];
    (void)snprintf(name, sizeof name, "flockcast-%s", fcast_command_at(i)->name);
    status = open_page(directory, name, 1, &out, err);
    if (status == FCAST_OK) {
      put_command(out, fcast_command_at(i), date);
      status = close_page(out, status, err);
    }
  }
  if (status == FCAST_OK) {
    status = open_page(directory, "flockcast-config", 5, &out, err);
  }
  if (status == FCAST_OK) {
    status = close_page(out, put_config(out, date, err), err);
  }
  if (status == FCAST_OK) {
    status = open_page(directory, "flockcast", 1, &out, err);
  }
  if (status == FCAST_OK) {
    put_program(out, date);
    status = close_page(out, status, err);
  }
  return status;
}

int main(int argc, char **argv) {
  fcast_error err = {FCAST_OK, ""};
  if (argc != 3) {
    (void)fprintf(stderr, "usage: man_pages DIRECTORY DATE\n");
    return 2;
  }
  const fcast_status status = write_all(argv[1], argv[2], &err);
  if (status != FCAST_OK) {
    (void)fprintf(stderr, "man_pages: %s\n", err.text);
  }
  return fcast_status_exit(status);
}
