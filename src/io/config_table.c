/* SPDX-License-Identifier: MIT */
#include "io/config_table.h"

#include "base/text.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const boundary_names[] = {"periodic", "reflecting", NULL};
static const char *const noise_names[] = {"gaussian", "uniform", NULL};
static const char *const model_names[] = {"vicsek", "angular_diffusion", "dorsogna", NULL};
static const char *const speed_mode_names[] = {"constant", "constant_with_forces", "variable", NULL};
static const char *const rng_names[] = {"pcg64", "philox", NULL};
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

enum { N_ROWS = sizeof rows / sizeof rows[0] };

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
