/* SPDX-License-Identifier: MIT */
#include "simulate/force.h"

#include "simulate/state.h"

#include <math.h>

static const double log2_of_e = 1.4426950408889634074;

double fcast__cutoff(const fcast_force_options *options) {
  return options->cutoff_factor * fmax(options->repulsion_length, options->attraction_length);
}

static void lay_out(size_t n_agents, fcast_force *force, fcast_block *block) {
  const size_t n_places = n_agents + PLACES_BEYOND;
  force->x = fcast__block_take(block, n_places, sizeof(double));
  force->y = fcast__block_take(block, n_places, sizeof(double));
  force->x_before = fcast__block_take(block, n_places, sizeof(double));
  force->y_before = fcast__block_take(block, n_places, sizeof(double));
}

/* A band is as high as forces reach, or all there is: where all rows are taken, none comes first. */
static size_t count_bands(const fcast_grid *grid) {
  const size_t n = grid->n_y / grid->reach_y;
  return grid->takes_all_rows || n == 0 ? 1 : n;
}

static void set_law(const fcast_force_options *law, fcast_force *force) {
  enum { MAX_POWER = 8 };
  const double repulsion = law->repulsion_strength / law->repulsion_length;
  const double attraction = -law->attraction_strength / law->attraction_length;
  const bool attracts_far = law->attraction_length >= law->repulsion_length;
  const double longer = attracts_far ? law->attraction_length : law->repulsion_length;
  const double shorter = attracts_far ? law->repulsion_length : law->attraction_length;
  const double ratio = rint(longer / shorter);
  force->far_peak = attracts_far ? attraction : repulsion;
  force->near_peak = attracts_far ? repulsion : attraction;
  force->far_rate = -log2_of_e / longer;
  force->near_rate = -log2_of_e / shorter;
  force->power = ratio <= MAX_POWER && fabs(longer - ratio * shorter) <= 1e-15 * longer ? (int)ratio : 0;
}

fcast_status fcast__force_alloc(const fcast_simulate_options *options, const fcast_grid *grid, fcast_force *force,
                                fcast_error *err) {
  const fcast_force_options *const law = &options->forces;
  const size_t n_agents = (size_t)options->n_agents;
  fcast_block block = {0};
  *force = (fcast_force){
      .grid = fcast__grid_of_forces(grid, fcast__cutoff(law)),
  };
  set_law(law, force);
  force->n_bands = count_bands(&force->grid);
  lay_out(n_agents, force, &block);
  force->block = fcast_alloc_array(block.n_bytes, 1);
  if (force->block == NULL) {
    fcast__force_clear(force);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the forces on %zu agents", n_agents);
  }
  block = (fcast_block){.memory = force->block};
  lay_out(n_agents, force, &block);
  return FCAST_OK;
}

void fcast__force_clear(fcast_force *force) {
  fcast_free(force->block);
  *force = (fcast_force){0};
}

size_t fcast__band_first_row(const fcast_force *force, size_t i) {
  return i * force->grid.n_y / force->n_bands;
}
