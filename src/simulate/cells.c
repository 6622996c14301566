/* SPDX-License-Identifier: MIT */
#include "simulate/cells.h"

#include <math.h>
#include <string.h>

static void lay_out(bool has_speeds, fcast_cells *cells, fcast_block *block) {
  const size_t n_starts = (size_t)cells->grid.n_x * cells->grid.n_y + 1;
  const size_t n_places = cells->n_agents + PLACES_BEYOND;
  cells->start = fcast__block_take(block, n_starts, sizeof(uint32_t));
  cells->next_start = fcast__block_take(block, n_starts, sizeof(uint32_t));
  cells->x = fcast__block_take(block, n_places, sizeof(double));
  cells->y = fcast__block_take(block, n_places, sizeof(double));
  cells->heading_x = fcast__block_take(block, n_places, sizeof(double));
  cells->heading_y = fcast__block_take(block, n_places, sizeof(double));
  cells->speed = has_speeds ? fcast__block_take(block, n_places, sizeof(double)) : NULL;
  cells->agent = fcast__block_take(block, n_places, sizeof(uint32_t));
}

fcast_status fcast__cells_alloc(const fcast_simulate_options *options, fcast_cells *cells, fcast_error *err) {
  const bool has_speeds = fcast__has_speeds(options);
  fcast_block block = {0};
  *cells = (fcast_cells){.n_agents = (size_t)options->n_agents, .grid = fcast__grid(options)};
  lay_out(has_speeds, cells, &block);
  cells->block = fcast_alloc_array(block.n_bytes, 1);
  if (cells->block == NULL) {
    const size_t n = cells->n_agents;
    fcast__cells_clear(cells);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the cell list of %zu agents", n);
  }
  block = (fcast_block){.memory = cells->block};
  lay_out(has_speeds, cells, &block);
  return FCAST_OK;
}

void fcast__cells_clear(fcast_cells *cells) {
  fcast_free(cells->block);
  *cells = (fcast_cells){0};
}

/* The row that holds a place of the sort before. */
static size_t row_of_place(const fcast_cells *cells, size_t place) {
  size_t first = 0;
  size_t last = cells->grid.n_y;
  while (last - first > 1) {
    const size_t middle = first + (last - first) / 2;
    if (cells->start[middle * cells->grid.n_x] <= place) {
      first = middle;
    } else {
      last = middle;
    }
  }
  return first;
}

static void add_source(const fcast_cells *cells, size_t first_row, size_t last_row, fcast_band *band) {
  band->source[band->n_sources].first = cells->start[first_row * cells->grid.n_x];
  band->source[band->n_sources].last = cells->start[last_row * cells->grid.n_x];
  band->n_sources++;
}

fcast_band fcast__cells_band(const fcast_cells *cells, double step, size_t i, size_t n) {
  const size_t n_rows = cells->grid.n_y;
  fcast_band band = {.first_row = i == 0 ? 0 : row_of_place(cells, i * cells->n_agents / n),
                     .last_row = i + 1 == n ? n_rows : row_of_place(cells, (i + 1) * cells->n_agents / n)};
  const size_t moved = (size_t)fmin(step * cells->grid.per_y * (1.0 + 1e-9) + 2.0, (double)n_rows);
  if (band.last_row - band.first_row + 2 * moved >= n_rows) {
    add_source(cells, 0, n_rows, &band);
    return band;
  }
  const bool comes_from_above = band.last_row + moved > n_rows; /* places in ascending order, whatever the band */
  const bool comes_from_below = band.first_row < moved;
  if (comes_from_above) {
    add_source(cells, 0, band.last_row + moved - n_rows, &band);
  }
  add_source(cells, comes_from_below ? 0 : band.first_row - moved, comes_from_above ? n_rows : band.last_row + moved,
             &band);
  if (comes_from_below) {
    add_source(cells, n_rows + band.first_row - moved, n_rows, &band);
  }
  return band;
}

/* Entry c + 1 holds the number of agents in cell c, later the place of the next one: counting and filling move each
 * start to where it belongs. */
size_t fcast__cells_count(const fcast_band *band, const uint32_t *cell, fcast_cells *cells) {
  const size_t first_cell = band->first_row * cells->grid.n_x;
  const size_t n_cells = (band->last_row - band->first_row) * cells->grid.n_x;
  uint32_t *const count = cells->next_start + first_cell + 1;
  size_t n = 0;
  memset(count, 0, n_cells * sizeof *count);
  for (size_t s = 0; s < band->n_sources; s++) {
    for (size_t k = band->source[s].first; k < band->source[s].last; k++) {
      const size_t own = cell[k] - first_cell; /* wraps around for cells before the band */
      if (own < n_cells) {
        count[own]++;
        n++;
      }
    }
  }
  return n;
}

void fcast__cells_place(const fcast_band *band, size_t first, const fcast_state *state, fcast_cells *cells) {
  const size_t first_cell = band->first_row * cells->grid.n_x;
  const size_t n_cells = (band->last_row - band->first_row) * cells->grid.n_x;
  uint32_t *const next = cells->next_start + first_cell + 1;
  uint32_t place = (uint32_t)first;
  for (size_t c = 0; c < n_cells; c++) {
    const uint32_t n = next[c];
    next[c] = place;
    place += n;
  }
  for (size_t s = 0; s < band->n_sources; s++) {
    for (size_t k = band->source[s].first; k < band->source[s].last; k++) {
      const size_t own = state->cell[k] - first_cell;
      if (own < n_cells) {
        const size_t to = next[own]++;
        cells->x[to] = state->x[k];
        cells->y[to] = state->y[k];
        cells->heading_x[to] = state->heading_x[k];
        cells->heading_y[to] = state->heading_y[k];
        if (state->speed != NULL) {
          cells->speed[to] = state->speed[k];
        }
        cells->agent[to] = state->agent[k];
      }
    }
  }
}

void fcast__cells_sort(const fcast_state *state, fcast_cells *cells) {
  const fcast_band all = {.last_row = cells->grid.n_y, .n_sources = 1, .source = {{0, cells->n_agents}}};
  (void)fcast__cells_count(&all, state->cell, cells);
  fcast__cells_place(&all, 0, state, cells);
}
