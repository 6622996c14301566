/* SPDX-License-Identifier: MIT */
#include "io/config_table.h"

#include "base/text.h"
#include "io/config_values.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const boundary_names[] = {"periodic", "reflecting", NULL};
static const char *const noise_names[] = {"gaussian", "uniform", NULL};
static const char *const model_names[] = {"vicsek", "angular_diffusion", "dorsogna", NULL};
static const char *const speed_mode_names[] = {"constant", "constant_with_forces", "variable", NULL};
static const char *const rng_names[] = {"pcg64", "philox", NULL};
/* What a FCAST__TEXT may hold besides letters, digits and spaces. */
static const char text_punctuation[] = "._-+=,:/@%[]";

static const char *const select_names[] = {"cv", "none", NULL};
static const char *const basis_names[] = {"auto", "pod", "fourier", NULL};
static const char *const state_names[] = {"auto", "density", "momentum", "nematic", NULL};
static const char *const lift_names[] = {"none", "clamp", "simplex", NULL};
static const char *const transform_names[] = {"none", "sqrt", NULL};
static const char *const align_names[] = {"none", "shift", NULL};
static const char *const force_names[] = {"morse", NULL};

/* A choice is stored by its number. */
_Static_assert(sizeof(fcast_boundary) == sizeof(int) && sizeof(fcast_noise_kind) == sizeof(int), "enums are ints");
_Static_assert(sizeof(fcast_speed_mode) == sizeof(int) && sizeof(fcast_random_kind) == sizeof(int), "enums are ints");
_Static_assert(sizeof(fcast_select) == sizeof(int) && sizeof(fcast_basis_choice) == sizeof(int), "enums are ints");
_Static_assert(sizeof(fcast_state_choice) == sizeof(int) && sizeof(fcast_lift) == sizeof(int), "enums are ints");
_Static_assert(sizeof(fcast_transform) == sizeof(int) && sizeof(fcast_alignment) == sizeof(int), "enums are ints");
_Static_assert(FCAST_SELECT_CV == 0 && FCAST_SELECT_NONE == 1, "in the order of select_names");
_Static_assert(FCAST_CHOOSE_BASIS == 0 && FCAST_CHOOSE_FOURIER == 2, "in the order of basis_names");
_Static_assert(FCAST_CHOOSE_STATE == 0 && FCAST_CHOOSE_NEMATIC == 3, "in the order of state_names");
_Static_assert(FCAST_LIFT_NONE == 0 && FCAST_LIFT_SIMPLEX == 2, "in the order of lift_names");
_Static_assert(FCAST_TRANSFORM_NONE == 0 && FCAST_TRANSFORM_SQRT == 1, "in the order of transform_names");
_Static_assert(FCAST_ALIGN_NONE == 0 && FCAST_ALIGN_SHIFT == 1, "in the order of align_names");
_Static_assert(FCAST_PERIODIC == 0 && FCAST_REFLECTING == 1, "in the order of boundary_names");
_Static_assert(FCAST_NOISE_GAUSSIAN == 0 && FCAST_NOISE_UNIFORM == 1, "in the order of noise_names");
_Static_assert(FCAST_SPEED_CONSTANT == 0 && FCAST_SPEED_VARIABLE == 2, "in the order of speed_mode_names");
_Static_assert(sizeof(fcast_model) == sizeof(int) && FCAST_MODEL_VICSEK == 0, "in the order of model_names");
_Static_assert(FCAST_MODEL_DORSOGNA == 2, "in the order of model_names");
_Static_assert(sizeof(fcast_force_law) == sizeof(int) && FCAST_FORCE_MORSE == 0, "in the order of force_names");
_Static_assert(FCAST_RANDOM_PCG64 == 0 && FCAST_RANDOM_PHILOX == 1, "in the order of rng_names");

#define AT(member) offsetof(fcast_config, member)

static const fcast__config_row rows[] = {
    {"sim", "N", FCAST__INTEGER, FCAST__FROM_1, AT(simulate.n_agents), 0, NULL, "particles"},
    {"sim", "Lx", FCAST__REAL, FCAST__ABOVE_0, AT(simulate.box_x), 0, NULL, "box width, length units"},
    {"sim", "Ly", FCAST__REAL, FCAST__ABOVE_0, AT(simulate.box_y), 0, NULL, "box height, length units"},
    {"sim", "bc", FCAST__CHOICE, FCAST__ANY, AT(simulate.boundary), 0, boundary_names, "walls of the box"},
    {"sim", "T", FCAST__REAL, FCAST__FROM_0, AT(simulate.total_time), 0, NULL, "length of a run, time units"},
    {"sim", "dt", FCAST__REAL, FCAST__ABOVE_0, AT(simulate.dt), 0, NULL,
     "time step, time units; speed * dt is at most R / 2"},
    {"sim", "save_every", FCAST__INTEGER, FCAST__FROM_1, AT(simulate.save_every), 0, NULL,
     "steps from one saved frame to the next"},
    {"sim", "neighbor_rebuild", FCAST__INTEGER, FCAST__FROM_1, AT(simulate.neighbor_rebuild), 0, NULL,
     "steps between neighbour lists; never changes results"},
    {"sim", "rng", FCAST__CHOICE, FCAST__ANY, AT(simulate.rng), 0, rng_names,
     "random numbers: NumPy's default_rng or counter-based"},
    {"model", "type", FCAST__CHOICE, FCAST__ANY, AT(simulate.model), 0, model_names,
     "how particles move: docs/method.md has the equations"},
    {"model", "speed", FCAST__REAL, FCAST__FROM_0, AT(simulate.speed), 0, NULL, "v0, length units per time unit"},
    {"model", "speed_mode", FCAST__CHOICE, FCAST__ANY, AT(simulate.speed_mode), 0, speed_mode_names,
     "forces change nothing, the direction, or the speed"},
    {"model", "alignment_rate", FCAST__REAL, FCAST__FROM_0, AT(simulate.alignment_rate), 0, NULL,
     "angular_diffusion: 1/time; times dt at most 1"},
    {"model", "angular_diffusion", FCAST__REAL, FCAST__FROM_0, AT(simulate.angular_diffusion), 0, NULL,
     "angular_diffusion: D, radians^2 per time unit, instead of noise"},
    {"model", "alpha", FCAST__REAL, FCAST__FROM_0, AT(simulate.propulsion), 0, NULL,
     "dorsogna: self-propulsion, 1/time"},
    {"model", "beta", FCAST__REAL, FCAST__FROM_0, AT(simulate.friction), 0, NULL,
     "dorsogna: friction, time/length^2; speeds tend to sqrt(alpha / beta)"},
    {"params", "R", FCAST__REAL, FCAST__ABOVE_0, AT(simulate.radius), 0, NULL, "interaction radius, length units"},
    {"noise", "kind", FCAST__CHOICE, FCAST__ANY, AT(simulate.noise_kind), 0, noise_names,
     "distribution of the noise angle"},
    {"noise", "eta", FCAST__REAL, FCAST__FROM_0, AT(simulate.eta), 0, NULL, "width of the noise, radians"},
    {"noise", "match_variance", FCAST__BOOLEAN, FCAST__ANY, AT(simulate.match_variance), 0, NULL,
     "gaussian noise has the variance of the uniform noise"},
    {"forces", "enabled", FCAST__BOOLEAN, FCAST__ANY, AT(simulate.forces.enabled), 0, NULL,
     "forces between particles, in the two modes that heed them"},
    {"forces", "type", FCAST__CHOICE, FCAST__ANY, AT(simulate.forces.law), 0, force_names, "law of the force"},
    {"forces.params", "Cr", FCAST__REAL, FCAST__FROM_0, AT(simulate.forces.repulsion_strength), 0, NULL,
     "repulsion strength"},
    {"forces.params", "Ca", FCAST__REAL, FCAST__FROM_0, AT(simulate.forces.attraction_strength), 0, NULL,
     "attraction strength"},
    {"forces.params", "lr", FCAST__REAL, FCAST__ABOVE_0, AT(simulate.forces.repulsion_length), 0, NULL,
     "repulsion length, length units"},
    {"forces.params", "la", FCAST__REAL, FCAST__ABOVE_0, AT(simulate.forces.attraction_length), 0, NULL,
     "attraction length, length units"},
    {"forces.params", "mu_t", FCAST__REAL, FCAST__FROM_0, AT(simulate.forces.mobility), 0, NULL, "mobility"},
    {"forces.params", "rcut_factor", FCAST__REAL, FCAST__ABOVE_0, AT(simulate.forces.cutoff_factor), 0, NULL,
     "cutoff in multiples of the longer length"},
    {"initial", "centre_x", FCAST__VALUES, FCAST__ANY, AT(initial.centre_x), 0, NULL,
     "middle of the cluster, ring or clusters"},
    {"initial", "centre_y", FCAST__VALUES, FCAST__ANY, AT(initial.centre_y), 0, NULL,
     "middle of the cluster, ring or clusters"},
    {"initial", "spread", FCAST__VALUES, FCAST__FROM_0, AT(initial.spread), 0, NULL, "standard deviation of a cluster"},
    {"initial", "ring_radius", FCAST__VALUES, FCAST__FROM_0, AT(initial.ring_radius), 0, NULL,
     "mean radius of the ring"},
    {"initial", "ring_width", FCAST__VALUES, FCAST__FROM_0, AT(initial.ring_width), 0, NULL,
     "standard deviation of the radius of the ring"},
    {"initial", "n_clusters", FCAST__VALUES, FCAST__FROM_1, AT(initial.n_clusters), 0, NULL,
     "clusters of two_clusters, in a row"},
    {"initial", "separation", FCAST__VALUES, FCAST__FROM_0, AT(initial.separation), 0, NULL,
     "distance between neighbouring clusters"},
    {"initial.test", "centre_x", FCAST__VALUES, FCAST__ANY, AT(initial_test.centre_x), 0, NULL,
     "of test runs: middle of the cluster, ring or clusters"},
    {"initial.test", "centre_y", FCAST__VALUES, FCAST__ANY, AT(initial_test.centre_y), 0, NULL,
     "of test runs: middle of the cluster, ring or clusters"},
    {"initial.test", "spread", FCAST__VALUES, FCAST__FROM_0, AT(initial_test.spread), 0, NULL,
     "of test runs: standard deviation of a cluster"},
    {"initial.test", "ring_radius", FCAST__VALUES, FCAST__FROM_0, AT(initial_test.ring_radius), 0, NULL,
     "of test runs: mean radius of the ring"},
    {"initial.test", "ring_width", FCAST__VALUES, FCAST__FROM_0, AT(initial_test.ring_width), 0, NULL,
     "of test runs: standard deviation of the radius of the ring"},
    {"initial.test", "n_clusters", FCAST__VALUES, FCAST__FROM_1, AT(initial_test.n_clusters), 0, NULL,
     "of test runs: clusters of two_clusters, in a row"},
    {"initial.test", "separation", FCAST__VALUES, FCAST__FROM_0, AT(initial_test.separation), 0, NULL,
     "of test runs: distance between neighbouring clusters"},
    {"ensemble", "ic_types", FCAST__IC_TYPES, FCAST__ANY, AT(ensemble.ic_types), 0, NULL,
     "initial conditions of the runs, in turn"},
    {"ensemble", "n_train", FCAST__INTEGER, FCAST__FROM_1, AT(ensemble.n_train), AT(n_train_given), NULL,
     "training runs"},
    {"ensemble", "m_test", FCAST__INTEGER, FCAST__FROM_1, AT(ensemble.m_test), AT(m_test_given), NULL, "test runs"},
    {"ensemble", "train_seed", FCAST__INTEGER, FCAST__FROM_0, AT(ensemble.train_seed), 0, NULL,
     "seed of the first training run"},
    {"ensemble", "test_seed", FCAST__INTEGER, FCAST__FROM_0, AT(ensemble.test_seed), 0, NULL,
     "seed of the first test run"},
    {"ensemble", "test_T", FCAST__REAL, FCAST__FROM_0, AT(ensemble.test_time), 0, NULL,
     "length of a test run, time units; 0: sim.T"},
    {"ensemble", "keep_density", FCAST__BOOLEAN, FCAST__ANY, AT(ensemble.keep_density), 0, NULL,
     "write density.npz of training runs; false: moments, and densities anew from the tracks"},
    {"density", "nx", FCAST__INTEGER, FCAST__FROM_1, AT(density.nx), 0, NULL, "cells along x"},
    {"density", "ny", FCAST__INTEGER, FCAST__FROM_1, AT(density.ny), 0, NULL, "cells along y"},
    {"density", "bandwidth", FCAST__REAL, FCAST__FROM_0, AT(density.bandwidth), 0, NULL,
     "sigma of the Gaussian, cells"},
    {"rom", "target_energy", FCAST__REAL, FCAST__SHARE, AT(rom.target_energy), 0, NULL,
     "share of the squared singular values to keep"},
    {"rom", "p_lag", FCAST__INTEGER, FCAST__FROM_1, AT(rom.p_lag), 0, NULL, "frames the model looks back"},
    {"rom", "ridge_alpha", FCAST__REAL, FCAST__FROM_0, AT(rom.ridge_alpha), 0, NULL, "ridge penalty"},
    {"rom", "select", FCAST__CHOICE, FCAST__ANY, AT(rom.select), 0, select_names,
     "choose a second model by cross-validation over runs, or not"},
    {"rom", "basis", FCAST__CHOICE, FCAST__ANY, AT(rom.basis), 0, basis_names,
     "modes of the chosen model: POD, Fourier (periodic boxes), or what forecasts better"},
    {"rom", "state", FCAST__CHOICE, FCAST__ANY, AT(rom.state), 0, state_names,
     "its state: the density, with momentum, with nematic tensor too, or what forecasts better"},
    {"rom", "lift", FCAST__CHOICE, FCAST__ANY, AT(rom.lift), 0, lift_names,
     "its negative cells: kept, zero and the rest scaled, or the nearest frame without any"},
    {"rom", "stable", FCAST__BOOLEAN, FCAST__ANY, AT(rom.stable), 0, NULL,
     "damp the chosen model to a spectral radius of at most 1"},
    {"rom", "transform", FCAST__CHOICE, FCAST__ANY, AT(rom.transform), 0, transform_names,
     "its state is made of the density, or of its square root (without moments)"},
    {"rom", "align", FCAST__CHOICE, FCAST__ANY, AT(rom.align), 0, align_names,
     "frames stay where they are, or move to a common place and the way is forecast too (periodic boxes)"},
    {"rom", "field", FCAST__BOOLEAN, FCAST__ANY, AT(rom.field), 0, NULL,
     "learn the field model from the tracks of the training runs too"},
    {"output", "compress", FCAST__BOOLEAN, FCAST__ANY, AT(output.compress), 0, NULL, "deflate the NPZ files of runs"},
    {"output", "float32", FCAST__BOOLEAN, FCAST__ANY, AT(output.float32), 0, NULL,
     "round positions, velocities and rho to float32"},
    {"cluster", "partition", FCAST__TEXT, FCAST__ANY, AT(cluster.partition), 0, NULL, "partition of all jobs"},
    {"cluster", "account", FCAST__TEXT, FCAST__ANY, AT(cluster.account), 0, NULL, "account that pays"},
    {"cluster", "time", FCAST__TEXT, FCAST__ANY, AT(cluster.time), 0, NULL, "time limit of a simulation task"},
    {"cluster", "memory", FCAST__TEXT, FCAST__ANY, AT(cluster.memory), 0, NULL, "memory of a simulation task"},
    {"cluster", "cpus", FCAST__INTEGER, FCAST__FROM_1, AT(cluster.cpus), 0, NULL, "cores of a simulation task"},
    {"cluster", "train_time", FCAST__TEXT, FCAST__ANY, AT(cluster.train_time), 0, NULL,
     "time limit of the training job"},
    {"cluster", "train_memory", FCAST__TEXT, FCAST__ANY, AT(cluster.train_memory), 0, NULL,
     "memory of the training job"},
    {"cluster", "train_cpus", FCAST__INTEGER, FCAST__FROM_1, AT(cluster.train_cpus), 0, NULL,
     "cores of the training job"},
    {"cluster", "runs_per_task", FCAST__INTEGER, FCAST__FROM_0, AT(cluster.runs_per_task), 0, NULL,
     "runs one array task makes; 0: enough for about a minute"},
    {"cluster", "max_running", FCAST__INTEGER, FCAST__FROM_0, AT(cluster.max_running), 0, NULL,
     "array tasks that run at once; 0: as many as Slurm likes"},
    {"cluster", "modules", FCAST__TEXT, FCAST__ANY, AT(cluster.modules), 0, NULL, "modules to load, one word each"},
    {"cluster", "extra", FCAST__TEXT, FCAST__ANY, AT(cluster.extra), 0, NULL,
     "more options for sbatch, as --qos=long --exclusive"},
};

enum { N_ROWS = sizeof rows / sizeof rows[0], FOUND_TEXT = 64 };

size_t fcast__config_n_rows(void) {
  return N_ROWS;
}

const fcast__config_row *fcast__config_row_at(size_t i_row) {
  return &rows[i_row];
}

void fcast__config_row_name(const fcast__config_row *row, char name[FCAST__CONFIG_NAME]) {
  (void)snprintf(name, FCAST__CONFIG_NAME, "%s.%s", row->section, row->key);
}

const fcast__config_row *fcast__config_find(const char *name) {
  for (size_t i = 0; i < N_ROWS; i++) {
    char row_name[FCAST__CONFIG_NAME];
    fcast__config_row_name(&rows[i], row_name);
    if (strcmp(row_name, name) == 0) {
      return &rows[i];
    }
  }
  return NULL;
}

bool fcast__config_is_section(const char *name) {
  for (size_t i = 0; i < N_ROWS; i++) {
    if (strcmp(rows[i].section, name) == 0) {
      return true;
    }
  }
  return false;
}

/* --- unknown names --- */

/* The word behind the last dot. */
static const char *last_word(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot == NULL ? name : dot + 1;
}

/* Whether `name` is `word` directly in `section` ("" for the top). */
static bool is_in_section(const char *name, const char *section) {
  const size_t length = strlen(section);
  const char *word = last_word(name);
  return length == 0 ? word == name : strncmp(name, section, length) == 0 && word == name + length + 1;
}

/* All names there are: keys first, then sections. */
typedef struct name_list {
  size_t n;
  char names[2 * N_ROWS][FCAST__CONFIG_NAME];
} name_list;

static void list_names(name_list *list) {
  list->n = 0;
  for (size_t i = 0; i < N_ROWS; i++) {
    fcast__config_row_name(&rows[i], list->names[list->n++]);
  }
  for (size_t i = 0; i < N_ROWS; i++) {
    if (i == 0 || strcmp(rows[i].section, rows[i - 1].section) != 0) {
      (void)snprintf(list->names[list->n++], FCAST__CONFIG_NAME, "%s", rows[i].section);
    }
  }
}

/* The name that was probably meant: the same word elsewhere, a like word in the same section, a like name. */
static const char *suggest(const name_list *list, const char *name, const char *section) {
  const char *words[2 * N_ROWS];
  size_t in_section[2 * N_ROWS];
  size_t n_in_section = 0;
  for (size_t i = 0; i < list->n; i++) {
    if (strcmp(last_word(list->names[i]), last_word(name)) == 0) {
      return list->names[i];
    }
    if (is_in_section(list->names[i], section)) {
      words[n_in_section] = last_word(list->names[i]);
      in_section[n_in_section++] = i;
    }
  }
  const char *nearest = fcast_nearest(last_word(name), words, n_in_section);
  for (size_t i = 0; i < n_in_section; i++) {
    if (words[i] == nearest) {
      return list->names[in_section[i]];
    }
  }
  for (size_t i = 0; i < list->n; i++) {
    words[i] = list->names[i];
  }
  return fcast_nearest(name, words, list->n);
}

/* "N, Lx, Ly, ...": what there is in a section. */
static void print_content(const name_list *list, const char *section, char *text, size_t size) {
  size_t length = 0;
  text[0] = '\0';
  for (size_t i = 0; i < list->n && length < size; i++) {
    if (is_in_section(list->names[i], section)) {
      const int n = snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", last_word(list->names[i]));
      length += n > 0 ? (size_t)n : 0;
    }
  }
}

/* The longest part of `name` in front of a dot that is a section; "" where none is. */
static void find_section(const char *name, char section[FCAST__CONFIG_NAME]) {
  const int length = snprintf(section, FCAST__CONFIG_NAME, "%s", name);
  char *dot = length < 0 ? NULL : strrchr(section, '.');
  while (dot != NULL) {
    *dot = '\0';
    if (fcast__config_is_section(section)) {
      return;
    }
    dot = strrchr(section, '.');
  }
  section[0] = '\0';
}

fcast_status fcast__config_unknown(const char *name, const char *where, fcast_error *err) {
  name_list list;
  char section[FCAST__CONFIG_NAME];
  list_names(&list);
  find_section(name, section);
  const char *meant = suggest(&list, name, section);
  if (meant != NULL) {
    return fcast_fail(err, FCAST_E_CONFIG, "%s: unknown key, did you mean %s?", where, meant);
  }
  char content[256];
  print_content(&list, section, content, sizeof content);
  return fcast_fail(err, FCAST_E_CONFIG, "%s: unknown key, expected one of %s", where, content);
}

/* --- texts to values --- */

void fcast__config_expected(const fcast__config_row *row, char *text, size_t size) {
  static const char *const integers[] = {"an integer", "an integer of at least 0", "an integer of at least 1",
                                         "an integer of at least 1", "1"};
  static const char *const reals[] = {"a number", "a number of at least 0", "a number of at least 1",
                                      "a number above 0", "a number above 0 and at most 1"};
  size_t length = 0;
  switch (row->kind) {
  case FCAST__INTEGER:
    (void)snprintf(text, size, "%s", integers[row->range]);
    break;
  case FCAST__REAL:
    (void)snprintf(text, size, "%s", reals[row->range]);
    break;
  case FCAST__BOOLEAN:
    (void)snprintf(text, size, "true or false");
    break;
  case FCAST__TEXT:
    (void)snprintf(text, size, "letters, digits, spaces and any of %s", text_punctuation);
    break;
  case FCAST__IC_TYPES:
    length = (size_t)snprintf(text, size, "1 to %d of", FCAST_MAX_IC_TYPES);
    for (int i = 0; i < FCAST_IC_COUNT && length < size; i++) {
      length += (size_t)snprintf(text + length, size - length, "%s %s", i > 0 ? "," : "",
                                 fcast_ic_type_name((fcast_ic_type)i));
    }
    break;
  case FCAST__VALUES:
    (void)snprintf(text, size, "%s, a list of them, a range as 1..2, or []", reals[row->range]);
    break;
  case FCAST__CHOICE:
    length = (size_t)snprintf(text, size, row->choices[1] == NULL ? "" : "one of ");
    for (size_t i = 0; row->choices[i] != NULL && length < size; i++) {
      length += (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? ", " : "", row->choices[i]);
    }
    break;
  }
}

/* "WHERE: found 'abc', expected an integer of at least 1". */
static fcast_status fail_found(const fcast__config_row *row, const char *found, const char *where, fcast_error *err) {
  char expected[160];
  char printed[FOUND_TEXT];
  (void)snprintf(printed, sizeof printed, "%s", found);
  for (char *letter = printed; *letter != '\0'; letter++) {
    *letter = (unsigned char)*letter < ' ' ? ' ' : *letter; /* one line */
  }
  fcast__config_expected(row, expected, sizeof expected);
  return fcast_fail(err, FCAST_E_CONFIG, "%s: found '%s', expected %s", where, printed, expected);
}

static bool is_in_range(fcast__config_range range, double value) {
  switch (range) {
  case FCAST__FROM_0:
    return value >= 0.0;
  case FCAST__FROM_1:
    return value >= 1.0;
  case FCAST__ABOVE_0:
    return value > 0.0;
  case FCAST__SHARE:
    return value > 0.0 && value <= 1.0;
  case FCAST__ANY:
    break;
  }
  return true;
}

/* 2, 2.0 and 2e2 are integers. 010 is 8 to some readers of YAML and 10 to others, so to us it is nothing. */
static bool parse_integer(const char *text, int64_t *value) {
  const double exact_limit = 9007199254740992.0; /* 2^53 */
  const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
  if (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') {
    return false;
  }
  double real = 0;
  if (fcast_parse_int64(text, value)) {
    return true;
  }
  if (!fcast_parse_double(text, &real) || fabs(real) > exact_limit || real != floor(real)) {
    return false;
  }
  *value = (int64_t)real;
  return true;
}

static bool equals_ignoring_case(const char *text, const char *word) {
  while (*text != '\0' && (*text == *word || (*text >= 'A' && *text <= 'Z' && *text - 'A' + 'a' == *word))) {
    text++;
    word++;
  }
  return *text == '\0' && *word == '\0';
}

static bool parse_boolean(const char *text, bool *value) {
  static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (equals_ignoring_case(text, words[i])) {
      *value = i % 2 == 1;
      return true;
    }
  }
  return false;
}

static bool parse_choice(const fcast__config_row *row, const char *text, int *value) {
  for (int i = 0; row->choices[i] != NULL; i++) {
    if (strcmp(row->choices[i], text) == 0) {
      *value = i;
      return true;
    }
  }
  return false;
}

static bool parse_ic_type(const char *text, fcast_ic_type *type) {
  for (int i = 0; i < FCAST_IC_COUNT; i++) {
    if (strcmp(fcast_ic_type_name((fcast_ic_type)i), text) == 0) {
      *type = (fcast_ic_type)i;
      return true;
    }
  }
  return false;
}

static fcast_status assign_ic_types(fcast_config *config, const fcast__config_row *row, const char *const *texts,
                                    size_t n_texts, const char *where, fcast_error *err) {
  fcast_ic_type types[FCAST_MAX_IC_TYPES];
  if (n_texts == 0 || n_texts > FCAST_MAX_IC_TYPES) {
    return fail_found(row, n_texts == 0 ? "[]" : "a longer list", where, err);
  }
  for (size_t i = 0; i < n_texts; i++) {
    if (!parse_ic_type(texts[i], &types[i])) {
      return fail_found(row, texts[i], where, err);
    }
  }
  memcpy(config->ensemble.ic_types, types, n_texts * sizeof types[0]);
  config->ensemble.n_ic_types = n_texts;
  return FCAST_OK;
}

static fcast_status assign_values(fcast_config *config, const fcast__config_row *row, const char *const *texts,
                                  size_t n_texts, const char *where, fcast_error *err) {
  fcast_values values;
  const char *const wrong = fcast__values_parse(texts, n_texts, &values);
  if (wrong != NULL) {
    return fail_found(row, wrong, where, err);
  }
  for (size_t i = 0; i < values.n; i++) {
    if (!is_in_range(row->range, values.value[i])) {
      return fail_found(row, texts[values.is_range ? 0 : i], where, err);
    }
  }
  memcpy((char *)config + row->offset, &values, sizeof values);
  return FCAST_OK;
}

static bool store_number(const fcast__config_row *row, const char *text, void *member) {
  int64_t integer = 0;
  double real = 0;
  if (row->kind == FCAST__INTEGER) {
    if (!parse_integer(text, &integer) || !is_in_range(row->range, (double)integer)) {
      return false;
    }
    memcpy(member, &integer, sizeof integer);
    return true;
  }
  if (!fcast_parse_double(text, &real) || !is_in_range(row->range, real)) {
    return false;
  }
  memcpy(member, &real, sizeof real);
  return true;
}

/* Such a text stands in a script for the shell, so nothing that means something there. */
static bool store_text(const char *text, void *member) {
  const size_t length = strlen(text);
  for (size_t i = 0; i < length; i++) {
    const bool is_word = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
                         (text[i] >= '0' && text[i] <= '9') || text[i] == ' ';
    if (!is_word && strchr(text_punctuation, text[i]) == NULL) {
      return false;
    }
  }
  return length < FCAST_CONFIG_TEXT && snprintf(member, FCAST_CONFIG_TEXT, "%s", text) >= 0;
}

static bool store_word(const fcast__config_row *row, const char *text, void *member) {
  bool boolean = false;
  int choice = 0;
  if (row->kind == FCAST__TEXT) {
    return store_text(text, member);
  }
  if (row->kind == FCAST__BOOLEAN) {
    if (!parse_boolean(text, &boolean)) {
      return false;
    }
    memcpy(member, &boolean, sizeof boolean);
    return true;
  }
  if (!parse_choice(row, text, &choice)) {
    return false;
  }
  memcpy(member, &choice, sizeof choice);
  return true;
}

/* Store `text` at `member`; false where it is no value of the row. */
static bool store(const fcast__config_row *row, const char *text, void *member) {
  const bool is_number = row->kind == FCAST__INTEGER || row->kind == FCAST__REAL;
  return is_number ? store_number(row, text, member) : store_word(row, text, member);
}

fcast_status fcast__config_assign(fcast_config *config, const fcast__config_row *row, const char *const *texts,
                                  size_t n_texts, bool is_list, const char *where, fcast_error *err) {
  fcast_status status = FCAST_OK;
  if (row->kind == FCAST__IC_TYPES) {
    status = assign_ic_types(config, row, texts, n_texts, where, err);
  } else if (row->kind == FCAST__VALUES) {
    status = assign_values(config, row, texts, n_texts, where, err);
  } else if (is_list || n_texts != 1) {
    status = fail_found(row, "a list", where, err);
  } else if (!store(row, texts[0], (char *)config + row->offset)) {
    status = fail_found(row, texts[0], where, err);
  }
  if (status == FCAST_OK && row->given_offset != 0) {
    const bool given = true;
    memcpy((char *)config + row->given_offset, &given, sizeof given);
  }
  return status;
}

/* --- values --- */

static json_t *ic_types_value(const fcast_ensemble_options *ensemble) {
  json_t *list = json_array();
  for (size_t i = 0; i < ensemble->n_ic_types && list != NULL; i++) {
    if (json_array_append_new(list, json_string(fcast_ic_type_name(ensemble->ic_types[i]))) != 0) {
      json_decref(list);
      list = NULL;
    }
  }
  return list;
}

json_t *fcast__config_value(const fcast_config *config, const fcast__config_row *row) {
  const char *member = (const char *)config + row->offset;
  int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  int choice = 0;
  fcast_values values;
  switch (row->kind) {
  case FCAST__INTEGER:
    memcpy(&integer, member, sizeof integer);
    return json_integer(integer);
  case FCAST__REAL:
    memcpy(&real, member, sizeof real);
    return json_real(real);
  case FCAST__BOOLEAN:
    memcpy(&boolean, member, sizeof boolean);
    return json_boolean(boolean);
  case FCAST__CHOICE:
    memcpy(&choice, member, sizeof choice);
    return json_string(row->choices[choice]);
  case FCAST__TEXT:
    return json_string(member);
  case FCAST__IC_TYPES:
    return ic_types_value(&config->ensemble);
  case FCAST__VALUES:
    memcpy(&values, member, sizeof values);
    return fcast__values_json(&values);
  }
  return NULL;
}

fcast_status fcast__config_row_check(const fcast_config *config, const fcast__config_row *row, fcast_error *err) {
  const char *member = (const char *)config + row->offset;
  char name[FCAST__CONFIG_NAME];
  char found[FOUND_TEXT];
  int64_t integer = 0;
  double real = 0;
  if (row->kind == FCAST__INTEGER) {
    memcpy(&integer, member, sizeof integer);
    real = (double)integer;
    (void)snprintf(found, sizeof found, "%lld", (long long)integer);
  } else if (row->kind == FCAST__REAL) {
    memcpy(&real, member, sizeof real);
    (void)snprintf(found, sizeof found, "%g", real);
  } else {
    return FCAST_OK; /* no range */
  }
  if (isfinite(real) && is_in_range(row->range, real)) {
    return FCAST_OK;
  }
  fcast__config_row_name(row, name);
  return fail_found(row, found, name, err);
}
