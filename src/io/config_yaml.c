/* SPDX-License-Identifier: MIT
 *
 * The reading half of config.h: a YAML file, or one --set, onto the table.
 */
#include "flockcast/array.h"
#include "io/config_table.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { MAX_FILE = 1 << 20, WHERE_TEXT = 640 };

typedef struct reader {
  fcast_config *config;
  const char *path;
  yaml_document_t *document;
  fcast_error *err;
} reader;

static const char *scalar_text(const yaml_node_t *node) {
  return (const char *)node->data.scalar.value;
}

/* "FILE:LINE: NAME". */
static void print_where(const reader *from, const yaml_node_t *node, const char *name, char where[WHERE_TEXT]) {
  (void)snprintf(where, WHERE_TEXT, "%.400s:%zu: %.200s", from->path, node->start_mark.line + 1, name);
}

static fcast_status fail_at(const reader *from, const yaml_node_t *node, const char *name, const char *problem) {
  char where[WHERE_TEXT];
  print_where(from, node, name, where);
  return fcast_fail(from->err, FCAST_E_CONFIG, "%s: %s", where, problem);
}

/* A key with nothing behind it. */
static bool is_null(const yaml_node_t *node) {
  static const char *const words[] = {"", "~", "null", "Null", "NULL"};
  if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
    return false;
  }
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcmp(scalar_text(node), words[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* The types of plain YAML may be spelt out; anything else, such as !!python/object, has no place here. */
static bool has_plain_tag(const yaml_node_t *node) {
  static const char *const tags[] = {YAML_STR_TAG,  YAML_INT_TAG, YAML_FLOAT_TAG, YAML_BOOL_TAG,
                                     YAML_NULL_TAG, YAML_SEQ_TAG, YAML_MAP_TAG};
  if (node->tag == NULL) {
    return true;
  }
  for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
    if (strcmp((const char *)node->tag, tags[i]) == 0) {
      return true;
    }
  }
  return false;
}

static fcast_status bind_list(const reader *from, const fcast__config_row *row, const yaml_node_t *list,
                              const char *name, const char *where) {
  const char *texts[FCAST_MAX_IC_TYPES + 1]; /* one more, so that too many are seen to be */
  size_t n_texts = 0;
  for (const yaml_node_item_t *item = list->data.sequence.items.start;
       item < list->data.sequence.items.top && n_texts <= FCAST_MAX_IC_TYPES; item++) {
    const yaml_node_t *node = yaml_document_get_node(from->document, *item);
    if (node == NULL || node->type != YAML_SCALAR_NODE || !has_plain_tag(node)) {
      return fail_at(from, list, name, "expected a list of names");
    }
    texts[n_texts++] = scalar_text(node);
  }
  return fcast__config_assign(from->config, row, texts, n_texts, true, where, from->err);
}

static fcast_status bind_value(const reader *from, const fcast__config_row *row, const yaml_node_t *node,
                               const char *name) {
  char where[WHERE_TEXT];
  char expected[160];
  print_where(from, node, name, where);
  fcast__config_expected(row, expected, sizeof expected);
  if (!has_plain_tag(node)) {
    return fcast_fail(from->err, FCAST_E_CONFIG, "%s: found the tag %.60s, expected %s", where, (const char *)node->tag,
                      expected);
  }
  if (node->type == YAML_SEQUENCE_NODE) {
    return bind_list(from, row, node, name, where);
  }
  if (node->type != YAML_SCALAR_NODE || is_null(node)) {
    return fcast_fail(from->err, FCAST_E_CONFIG, "%s: found %s, expected %s", where,
                      node->type == YAML_SCALAR_NODE ? "nothing" : "a section", expected);
  }
  const char *text = scalar_text(node);
  return fcast__config_assign(from->config, row, &text, 1, false, where, from->err);
}

/* libyaml lets a key stand twice, and the last would win. */
static const yaml_node_t *find_twin(const reader *from, const yaml_node_t *mapping, const yaml_node_pair_t *pair,
                                    const char *key) {
  for (const yaml_node_pair_t *earlier = mapping->data.mapping.pairs.start; earlier < pair; earlier++) {
    const yaml_node_t *node = yaml_document_get_node(from->document, earlier->key);
    if (node != NULL && node->type == YAML_SCALAR_NODE && strcmp(scalar_text(node), key) == 0) {
      return node;
    }
  }
  return NULL;
}

static fcast_status bind_mapping(const reader *from, const yaml_node_t *mapping, const char *section);

static fcast_status bind_section(const reader *from, const yaml_node_t *node, const char *name) {
  if (is_null(node)) {
    return FCAST_OK; /* all of its keys are commented out */
  }
  if (node->type != YAML_MAPPING_NODE || !has_plain_tag(node)) {
    return fail_at(from, node, name, "is a section, expected its keys");
  }
  return bind_mapping(from, node, name);
}

static fcast_status bind_pair(const reader *from, const yaml_node_t *mapping, const yaml_node_pair_t *pair,
                              const char *section) {
  const yaml_node_t *key = yaml_document_get_node(from->document, pair->key);
  const yaml_node_t *value = yaml_document_get_node(from->document, pair->value);
  if (key == NULL || value == NULL || key->type != YAML_SCALAR_NODE || !has_plain_tag(key)) {
    return fail_at(from, mapping, section, "a key must be a plain word");
  }
  char *name =
      section[0] == '\0' ? fcast_format("%s", scalar_text(key)) : fcast_format("%s.%s", section, scalar_text(key));
  if (name == NULL) {
    return fcast_fail(from->err, FCAST_E_NOMEM, "%s: out of memory", from->path);
  }
  char where[WHERE_TEXT];
  fcast_status status = FCAST_OK;
  const fcast__config_row *row = fcast__config_find(name);
  const yaml_node_t *twin = find_twin(from, mapping, pair, scalar_text(key));
  print_where(from, key, name, where);
  if (twin != NULL) {
    status =
        fcast_fail(from->err, FCAST_E_CONFIG, "%s: given twice, first in line %zu", where, twin->start_mark.line + 1);
  } else if (row != NULL) {
    status = bind_value(from, row, value, name);
  } else if (fcast__config_is_section(name)) {
    status = bind_section(from, value, name);
  } else {
    status = fcast__config_unknown(name, where, from->err);
  }
  fcast_free(name);
  return status;
}

static fcast_status bind_mapping(const reader *from, const yaml_node_t *mapping, const char *section) {
  fcast_status status = FCAST_OK;
  for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
       pair < mapping->data.mapping.pairs.top && status == FCAST_OK; pair++) {
    status = bind_pair(from, mapping, pair, section);
  }
  return status;
}

static fcast_status bind_document(const reader *from) {
  const yaml_node_t *root = yaml_document_get_root_node(from->document);
  if (root == NULL || is_null(root)) {
    return FCAST_OK; /* nothing in the file: the defaults */
  }
  if (root->type != YAML_MAPPING_NODE || !has_plain_tag(root)) {
    return fcast_fail(from->err, FCAST_E_CONFIG, "%s:%zu: expected sections with keys, such as 'sim:'", from->path,
                      root->start_mark.line + 1);
  }
  return bind_mapping(from, root, "");
}

/* Whether a line, counted from 0, has a tab before its first word: the mistake that libyaml's words hide. */
static bool begins_with_tab(const char *text, size_t line) {
  for (; line > 0 && *text != '\0'; line--) {
    text += strcspn(text, "\n");
    text += *text == '\n';
  }
  return text[strspn(text, " ")] == '\t';
}

static fcast_status fail_yaml(const yaml_parser_t *parser, const char *path, const char *text, fcast_error *err) {
  if (parser->problem == NULL) { /* libyaml names every other problem, and not always sets YAML_MEMORY_ERROR */
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  return fcast_fail(err, FCAST_E_CONFIG, "%s:%zu: not YAML: %s", path, parser->problem_mark.line + 1,
                    begins_with_tab(text, parser->problem_mark.line)
                        ? "found a tab before the first word, expected spaces"
                        : parser->problem);
}

/* The one document of a file, whose bytes are `text`, onto `config`. */
static fcast_status read_document(yaml_parser_t *parser, fcast_config *config, const char *path, const char *text,
                                  fcast_error *err) {
  yaml_document_t document;
  if (yaml_parser_load(parser, &document) == 0) {
    return fail_yaml(parser, path, text, err);
  }
  const reader from = {config, path, &document, err};
  const bool is_empty = yaml_document_get_root_node(&document) == NULL;
  fcast_status status = bind_document(&from);
  yaml_document_delete(&document);
  if (status != FCAST_OK || is_empty) {
    return status;
  }
  if (yaml_parser_load(parser, &document) == 0) {
    return fail_yaml(parser, path, text, err);
  }
  if (yaml_document_get_root_node(&document) != NULL) {
    status = fcast_fail(err, FCAST_E_CONFIG, "%s:%zu: a second YAML document, expected one", path,
                        document.start_mark.line + 1);
  }
  yaml_document_delete(&document);
  return status;
}

fcast_status fcast_config_read(fcast_config *config, const char *path, fcast_error *err) {
  unsigned char *bytes = NULL;
  size_t n = 0;
  yaml_parser_t parser;
  fcast_status status = fcast_file_read(path, MAX_FILE, &bytes, &n, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (yaml_parser_initialize(&parser) == 0) {
    fcast_free(bytes);
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  yaml_parser_set_input_string(&parser, bytes, n);
  fcast_config changed = *config; /* all of the file or nothing */
  status = read_document(&parser, &changed, path, (const char *)bytes, err);
  if (status == FCAST_OK) {
    *config = changed;
  }
  yaml_parser_delete(&parser);
  fcast_free(bytes);
  return status;
}

/* --- one --set --- */

/* Cut white space off both ends. */
static char *trim(char *text) {
  text += strspn(text, " \t");
  size_t length = strlen(text);
  while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) {
    length--;
  }
  text[length] = '\0';
  return text;
}

/* Split "[a, b]" or "a,b" into at most FCAST_MAX_IC_TYPES + 1 texts; the last then is what is left. */
static size_t split_list(char *text, const char *texts[FCAST_MAX_IC_TYPES + 1]) {
  const size_t length = strlen(text);
  if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
    text[length - 1] = '\0';
    text = trim(text + 1);
  }
  size_t n_texts = 0;
  char *next = *text == '\0' ? NULL : text;
  while (next != NULL && n_texts <= FCAST_MAX_IC_TYPES) {
    char *comma = strchr(next, ',');
    if (comma != NULL) {
      *comma = '\0';
    }
    texts[n_texts++] = trim(next);
    next = comma == NULL ? NULL : comma + 1;
  }
  return n_texts;
}

static fcast_status set_key(fcast_config *config, const char *name, char *value, fcast_error *err) {
  const char *texts[FCAST_MAX_IC_TYPES + 1] = {value};
  char where[WHERE_TEXT];
  (void)snprintf(where, sizeof where, "--set %.200s", name);
  const fcast__config_row *row = fcast__config_find(name);
  if (row == NULL && fcast__config_is_section(name)) {
    return fcast_fail(err, FCAST_E_CONFIG, "%s: is a section, expected section.key=value", where);
  }
  if (row == NULL) {
    return fcast__config_unknown(name, where, err);
  }
  const bool is_list = row->kind == FCAST__IC_TYPES || row->kind == FCAST__VALUES;
  const size_t n_texts = is_list ? split_list(value, texts) : 1;
  return fcast__config_assign(config, row, texts, n_texts, is_list, where, err);
}

fcast_status fcast_config_set(fcast_config *config, const char *assignment, fcast_error *err) {
  char *copy = fcast_format("%s", assignment);
  if (copy == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory");
  }
  fcast_status status = FCAST_OK;
  char *equals = strchr(copy, '=');
  if (equals == NULL) {
    status = fcast_fail(err, FCAST_E_CONFIG, "--set %.200s: expected section.key=value", assignment);
  } else {
    *equals = '\0';
    status = set_key(config, trim(copy), trim(equals + 1), err);
  }
  fcast_free(copy);
  return status;
}
