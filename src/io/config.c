/* SPDX-License-Identifier: MIT */
#include "io/config.h"

#include "base/text.h"
#include "flockcast/array.h"
#include "io/config_table.h"
#include "io/file.h"
#include "io/json_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Column of the comments in the reference, and room for one number. */
enum { COMMENT_COLUMN = 28, NUMBER_TEXT = 40 };

void fcast_config_default(fcast_config *config) {
  *config = (fcast_config){
      .simulate = fcast_simulate_options_default(),
      .ensemble = {.n_ic_types = 4,
                   .ic_types = {FCAST_IC_UNIFORM, FCAST_IC_GAUSSIAN_CLUSTER, FCAST_IC_RING, FCAST_IC_TWO_CLUSTERS},
                   .n_train = 100,
                   .m_test = 20,
                   .train_seed = 1000,
                   .test_seed = 2000,
                   .keep_density = true},
      .density = {.nx = 64, .ny = 64, .bandwidth = 2.0},
      .rom = {.target_energy = 0.995, .p_lag = 4, .ridge_alpha = 1e-6, .lift = FCAST_LIFT_CLAMP, .field = true},
      .cluster = {.time = "00:30:00",
                  .memory = "2G",
                  .cpus = 1,
                  .train_time = "01:00:00",
                  .train_memory = "8G",
                  .train_cpus = 4},
  };
}

/* More runs than this are a slip of the keyboard. */
static const int64_t max_runs = 10000000;

/* --- does it fit together --- */

static fcast_status check_seed_room(const char *seed_key, int64_t seed, const char *count_key, int64_t count,
                                    fcast_error *err) {
  if (seed <= INT64_MAX - count) {
    return FCAST_OK;
  }
  return fcast_fail(err, FCAST_E_CONFIG, "ensemble.%s: found %lld with %s %lld, expected a sum below 2^63", seed_key,
                    (long long)seed, count_key, (long long)count);
}

/* A test run with the seed of a training run is a run the model was trained on. */
static fcast_status check_seeds_differ(const fcast_ensemble_options *ensemble, fcast_error *err) {
  const int64_t train_end = ensemble->train_seed + ensemble->n_train;
  const int64_t test_end = ensemble->test_seed + ensemble->m_test;
  if (train_end <= ensemble->test_seed || test_end <= ensemble->train_seed) {
    return FCAST_OK;
  }
  const int64_t free_seed = test_end <= INT64_MAX - ensemble->n_train ? test_end : 0;
  return fcast_fail(err, FCAST_E_CONFIG,
                    "ensemble.train_seed: training seeds %lld to %lld overlap test seeds %lld to %lld, so test runs "
                    "would be trained on: set ensemble.train_seed to %lld",
                    (long long)ensemble->train_seed, (long long)(train_end - 1), (long long)ensemble->test_seed,
                    (long long)(test_end - 1), (long long)free_seed);
}

/* Test runs: where they begin, and what sim.T is held to. */
static fcast_status check_test_run(const fcast_config *config, fcast_error *err) {
  fcast_simulate_options options = fcast_config_run_options(config, true, 0, 0);
  const double test_time = options.total_time;
  fcast_error why = {FCAST_OK, ""};
  options.total_time = config->simulate.total_time;
  const fcast_status status = fcast_simulate_options_check(&options, err);
  options.total_time = test_time;
  return status != FCAST_OK || fcast_simulate_options_check(&options, &why) == FCAST_OK
             ? status
             : fcast_fail(err, FCAST_E_CONFIG, "test runs (ensemble.test_T): %s", why.text);
}

static fcast_status check_ensemble(const fcast_ensemble_options *ensemble, fcast_error *err) {
  if (ensemble->n_ic_types < 1 || ensemble->n_ic_types > FCAST_MAX_IC_TYPES) {
    return fcast_fail(err, FCAST_E_CONFIG, "ensemble.ic_types: found %zu types, expected 1 to %d", ensemble->n_ic_types,
                      FCAST_MAX_IC_TYPES);
  }
  if (ensemble->n_train > max_runs || ensemble->m_test > max_runs) {
    return fcast_fail(err, FCAST_E_CONFIG, "ensemble.%s: found %lld, expected an integer of at most %lld",
                      ensemble->n_train > max_runs ? "n_train" : "m_test",
                      (long long)(ensemble->n_train > max_runs ? ensemble->n_train : ensemble->m_test),
                      (long long)max_runs);
  }
  fcast_status status = check_seed_room("train_seed", ensemble->train_seed, "n_train", ensemble->n_train, err);
  if (status == FCAST_OK) {
    status = check_seed_room("test_seed", ensemble->test_seed, "m_test", ensemble->m_test, err);
  }
  return status == FCAST_OK ? check_seeds_differ(ensemble, err) : status;
}

/* Clusters are counted, in all runs. */
static fcast_status check_n_clusters(const fcast_values *values, const char *key, fcast_error *err) {
  for (size_t i = 0; i < values->n; i++) {
    if (!(values->value[i] <= 1e6 && values->value[i] == floor(values->value[i]))) {
      return fcast_fail(err, FCAST_E_CONFIG, "%s: found %g, expected integers from 1 to 1000000", key,
                        values->value[i]);
    }
  }
  return FCAST_OK;
}

/* What the states of the chosen model cannot be combined with. */
static fcast_status check_rom(const fcast_config *config, fcast_error *err) {
  const fcast_rom_options *rom = &config->rom;
  const bool is_aligned = rom->align == FCAST_ALIGN_SHIFT;
  const char *const key = is_aligned ? "rom.align" : "rom.transform";
  const char *const found = is_aligned ? "shift" : "sqrt";
  if (!is_aligned && rom->transform == FCAST_TRANSFORM_NONE) {
    return FCAST_OK;
  }
  if (rom->state != FCAST_CHOOSE_STATE && rom->state != FCAST_CHOOSE_DENSITY) {
    return fcast_fail(err, FCAST_E_CONFIG,
                      "%s: found %s with moments of the headings (rom.state), expected rom.state auto or density", key,
                      found);
  }
  if (is_aligned && rom->transform != FCAST_TRANSFORM_NONE) {
    return fcast_fail(err, FCAST_E_CONFIG, "rom.align: found shift with rom.transform sqrt, expected one of them");
  }
  if (is_aligned && rom->basis != FCAST_CHOOSE_BASIS) {
    return fcast_fail(err, FCAST_E_CONFIG, "rom.align: found shift with a rom.basis, expected rom.basis auto");
  }
  return is_aligned && config->simulate.boundary != FCAST_PERIODIC
             ? fcast_fail(err, FCAST_E_CONFIG, "rom.align: found shift for a box with walls, expected none")
             : FCAST_OK;
}

fcast_status fcast_config_check(fcast_config *config, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t i = 0; i < fcast__config_n_rows() && status == FCAST_OK; i++) {
    status = fcast__config_row_check(config, fcast__config_row_at(i), err);
  }
  config->density.box_x = config->simulate.box_x;
  config->density.box_y = config->simulate.box_y;
  config->density.boundary = config->simulate.boundary;
  if (status == FCAST_OK) {
    status = check_n_clusters(&config->initial.n_clusters, "initial.n_clusters", err);
  }
  if (status == FCAST_OK) {
    status = check_n_clusters(&config->initial_test.n_clusters, "initial.test.n_clusters", err);
  }
  if (status == FCAST_OK) {
    status = check_rom(config, err);
  }
  if (status == FCAST_OK) {
    status = fcast_simulate_options_check(&config->simulate, err);
  }
  if (status == FCAST_OK) {
    status = check_test_run(config, err);
  }
  if (status == FCAST_OK) {
    status = fcast_density_options_check(&config->density, err);
  }
  return status == FCAST_OK ? check_ensemble(&config->ensemble, err) : status;
}

/* --- settings of a run --- */

static double choose(const fcast_values *values, uint64_t i_turn, double draw, bool is_count) {
  if (values->n == 0) {
    return NAN;
  }
  if (!values->is_range) {
    return values->value[i_turn % values->n];
  }
  const double width = values->value[1] - values->value[0];
  return is_count ? floor(values->value[0] + draw * (width + 1.0)) : values->value[0] + draw * width;
}

fcast_simulate_options fcast_config_run_options(const fcast_config *config, bool is_test, uint64_t i_turn,
                                                uint64_t seed) {
  fcast_simulate_options options = config->simulate;
  options.total_time = is_test && config->ensemble.test_time > 0.0 ? config->ensemble.test_time : options.total_time;
  fcast_initial_options *const initial = &options.initial;
  const fcast_initial_choices *const all = &config->initial;
  const fcast_initial_choices *const test = &config->initial_test;
  const struct {
    double *to;
    const fcast_values *from, *from_test;
  } parameters[] = {{&initial->centre_x, &all->centre_x, &test->centre_x},
                    {&initial->centre_y, &all->centre_y, &test->centre_y},
                    {&initial->spread, &all->spread, &test->spread},
                    {&initial->ring_radius, &all->ring_radius, &test->ring_radius},
                    {&initial->ring_width, &all->ring_width, &test->ring_width},
                    {&initial->n_clusters, &all->n_clusters, &test->n_clusters},
                    {&initial->separation, &all->separation, &test->separation}};
  enum { N_PARAMETERS = sizeof parameters / sizeof parameters[0] };
  double draw[N_PARAMETERS];
  fcast_random random;
  fcast_random_init(&random, FCAST_RANDOM_PHILOX, seed);
  fcast_random_uniform(&random, FCAST_STREAM_PARAMETERS, 0, N_PARAMETERS, draw);
  for (size_t i = 0; i < N_PARAMETERS; i++) {
    const fcast_values *const from =
        is_test && parameters[i].from_test->n > 0 ? parameters[i].from_test : parameters[i].from;
    *parameters[i].to = choose(from, i_turn, draw[i], parameters[i].to == &initial->n_clusters);
  }
  return options;
}

/* --- JSON --- */

/* The object of a section such as "forces.params" in `root`, made where it is not there yet; borrowed. */
static json_t *section_object(json_t *root, const char *section) {
  json_t *object = root;
  const char *word = section;
  while (object != NULL && *word != '\0') {
    char name[FCAST__CONFIG_NAME];
    const size_t length = strcspn(word, ".");
    (void)snprintf(name, sizeof name, "%.*s", (int)length, word);
    json_t *inner = json_object_get(object, name);
    if (inner == NULL && json_object_set_new(object, name, json_object()) == 0) {
      inner = json_object_get(object, name);
    }
    object = inner;
    word += length + (word[length] == '.');
  }
  return object;
}

static bool changes_no_result(const fcast__config_row *row) {
  return strcmp(row->section, "output") == 0 || strcmp(row->section, "cluster") == 0 ||
         strcmp(row->key, "keep_density") == 0;
}

json_t *fcast_config_json(const fcast_config *config) {
  json_t *root = json_object();
  for (size_t i = 0; i < fcast__config_n_rows() && root != NULL; i++) {
    const fcast__config_row *row = fcast__config_row_at(i);
    if (changes_no_result(row)) {
      continue;
    }
    json_t *section = section_object(root, row->section);
    /* json_object_set_new refuses a NULL object or value, and frees the value. */
    if (json_object_set_new(section, row->key, fcast__config_value(config, row)) != 0) {
      json_decref(root);
      root = NULL;
    }
  }
  return root;
}

/* --- the reference --- */

/* The shortest decimal that reads back as `value`, with a point and a signed exponent, so that every reader of YAML
 * takes it for a float. */
static void print_real(double value, char text[NUMBER_TEXT]) {
  int n_digits = 1;
  do {
    (void)snprintf(text, NUMBER_TEXT, "%.*e", n_digits - 1, value);
  } while (strtod(text, NULL) != value && n_digits++ < 17);
  const char *exponent_text = strchr(text, 'e');
  const long exponent = exponent_text == NULL ? 0 : strtol(exponent_text + 1, NULL, 10);
  if (exponent > -5 && exponent < 16) {
    const int n_decimals = n_digits - 1 - (int)exponent;
    (void)snprintf(text, NUMBER_TEXT, "%.*f", n_decimals > 1 ? n_decimals : 1, value);
  } else {
    (void)snprintf(text, NUMBER_TEXT, "%.*e", n_digits > 2 ? n_digits - 1 : 1, value);
  }
}

/* A string of these needs no quotes in YAML. */
static const char word_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

/* Words that YAML, or one version of it, takes for something else than a string. */
static bool is_reserved(const char *word) {
  static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcmp(word, words[i]) == 0) {
      return true;
    }
  }
  return false;
}

static void put_value(fcast_buffer *to, const json_t *value) {
  char number[NUMBER_TEXT];
  if (json_is_real(value)) {
    print_real(json_real_value(value), number);
    fcast_buffer_put_text(to, number);
  } else if (json_is_integer(value)) {
    (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    fcast_buffer_put_text(to, number);
  } else if (json_is_boolean(value)) {
    fcast_buffer_put_text(to, json_is_true(value) ? "true" : "false");
  } else if (json_is_array(value)) {
    fcast_buffer_put_text(to, "[");
    for (size_t i = 0; i < json_array_size(value); i++) {
      fcast_buffer_put_text(to, i > 0 ? ", " : "");
      put_value(to, json_array_get(value, i));
    }
    fcast_buffer_put_text(to, "]");
  } else if (json_is_string(value)) {
    const char *text = json_string_value(value);
    const bool is_word =
        text[0] >= 'a' && text[0] <= 'z' && strspn(text, word_letters) == strlen(text) && !is_reserved(text);
    fcast_buffer_put_text(to, is_word ? "" : "\"");
    fcast_buffer_put_text(to, text);
    fcast_buffer_put_text(to, is_word ? "" : "\"");
  } else {
    to->has_failed = true; /* no value where memory is short */
  }
}

/* "sim:", or "  params:" for "forces.params". */
static void put_section(fcast_buffer *to, const char *section) {
  const char *dot = strrchr(section, '.');
  fcast_buffer_put_text(to, dot == NULL ? "\n" : "  ");
  fcast_buffer_put_text(to, dot == NULL ? section : dot + 1);
  fcast_buffer_put_text(to, ":\n");
}

static void put_row(fcast_buffer *to, const fcast_config *config, const fcast__config_row *row) {
  char expected[160];
  const size_t start = to->n;
  json_t *value = fcast__config_value(config, row);
  fcast_buffer_put_text(to, strchr(row->section, '.') == NULL ? "  " : "    ");
  fcast_buffer_put_text(to, row->key);
  fcast_buffer_put_text(to, ": ");
  put_value(to, value);
  json_decref(value);
  do {
    fcast_buffer_put_text(to, " ");
  } while (!to->has_failed && to->n - start < COMMENT_COLUMN);
  fcast__config_expected(row, expected, sizeof expected);
  fcast_buffer_put_text(to, "# ");
  fcast_buffer_put_text(to, row->comment);
  fcast_buffer_put_text(to, "; ");
  fcast_buffer_put_text(to, expected);
  fcast_buffer_put_text(to, "\n");
}

char *fcast_config_yaml(const fcast_config *config) {
  fcast_buffer to = {0};
  const char *section = "";
  fcast_buffer_put_text(&to, "# The configuration of flockcast: every key, its value, meaning and range.\n");
  for (size_t i = 0; i < fcast__config_n_rows(); i++) {
    const fcast__config_row *row = fcast__config_row_at(i);
    if (strcmp(row->section, section) != 0) {
      section = row->section;
      put_section(&to, section);
    }
    put_row(&to, config, row);
  }
  if (to.has_failed) {
    fcast_free(to.bytes);
    return NULL;
  }
  return (char *)to.bytes;
}

/* --- the fingerprint --- */

static const char *const run_sections[] = {"sim", "model", "params", "noise", "forces", "initial", "density"};
static const char *const run_ensemble_keys[] = {"ic_types", "train_seed", "test_seed", "test_T"};

/* The hash of `value` as compact JSON, exact numbers; false where memory is short. */
static bool add_to_hash(const json_t *value, uint64_t *hash) {
  char *text = fcast_json_text(value, JSON_COMPACT | JSON_ENCODE_ANY);
  if (text == NULL) {
    return false;
  }
  *hash = fcast_hash_text(*hash, text);
  fcast_free(text);
  return true;
}

fcast_status fcast_config_fingerprint(const fcast_config *config, char text[17], fcast_error *err) {
  uint64_t hash = FCAST_HASH_START;
  fcast_config hashed = *config;
  /* Changes no result. The default stands for all, so that runs made when it was hashed too keep theirs. */
  hashed.simulate.neighbor_rebuild = fcast_simulate_options_default().neighbor_rebuild;
  json_t *root = fcast_config_json(&hashed);
  bool is_done = root != NULL;
  for (size_t i = 0; is_done && i < sizeof run_sections / sizeof run_sections[0]; i++) {
    is_done = add_to_hash(json_object_get(root, run_sections[i]), &hash);
  }
  const json_t *ensemble = json_object_get(root, "ensemble");
  for (size_t i = 0; is_done && i < sizeof run_ensemble_keys / sizeof run_ensemble_keys[0]; i++) {
    is_done = add_to_hash(json_object_get(ensemble, run_ensemble_keys[i]), &hash);
  }
  json_decref(root);
  if (!is_done) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the fingerprint of the configuration");
  }
  (void)snprintf(text, 17, "%016llx", (unsigned long long)hash);
  return FCAST_OK;
}
