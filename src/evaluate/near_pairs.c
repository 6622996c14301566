/* SPDX-License-Identifier: MIT */
#include "evaluate/near_pairs.h"

#include <math.h>
#include <stdint.h>

/* Cells are at least `reach` wide, so partners are in the same cell or the eight around it. With fewer than three cells
 * along an axis one would be its own neighbour twice: then there is one. More cells than agents are of no use. */
typedef struct cells {
  const double *positions;
  fcast_domain domain;
  double reach_squared;
  size_t n_x, n_y;
  size_t *start; /* [n_x * n_y + 1] */
  size_t *agent; /* by cell; those that are not there are left out */
  fcast__pair_visitor visit;
  void *context;
} cells;

static size_t count_cells(double length, double reach, size_t n_agents) {
  const double most = fmin(floor(length / reach), 1.0 + sqrt((double)n_agents));
  return most >= 3.0 ? (size_t)most : 1;
}

static bool is_there(const double *position) {
  return isfinite(position[0]) && isfinite(position[1]);
}

/* What lies outside belongs to the cell at the edge: between walls it is then still next to all it can be near to; in
 * a periodic box it is brought back first. */
static size_t cell_along(double position, double length, size_t n, fcast_boundary boundary) {
  const double inside = boundary == FCAST_PERIODIC ? position - length * floor(position / length) : position;
  const double cell = floor(inside / length * (double)n);
  return cell > 0.0 ? (size_t)fmin(cell, (double)(n - 1)) : 0;
}

static size_t cell_of(const cells *c, size_t i) {
  const double *position = c->positions + 2 * i;
  return cell_along(position[1], c->domain.y, c->n_y, c->domain.boundary) * c->n_x +
         cell_along(position[0], c->domain.x, c->n_x, c->domain.boundary);
}

static fcast_status sort(size_t n_agents, cells *c, fcast_error *err) {
  c->start = fcast_alloc_array(c->n_x * c->n_y + 2, sizeof *c->start);
  c->agent = fcast_alloc_array(n_agents, sizeof *c->agent);
  if (c->start == NULL || c->agent == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the cells of %zu agents", n_agents);
  }
  for (size_t i = 0; i < n_agents; i++) {
    if (is_there(c->positions + 2 * i)) {
      c->start[cell_of(c, i) + 2]++;
    }
  }
  for (size_t k = 2; k < c->n_x * c->n_y + 2; k++) {
    c->start[k] += c->start[k - 1];
  }
  for (size_t i = 0; i < n_agents; i++) {
    if (is_there(c->positions + 2 * i)) {
      c->agent[c->start[cell_of(c, i) + 1]++] = i; /* one entry early: at the end it is where the cell begins */
    }
  }
  return FCAST_OK;
}

static void look_at(const cells *c, size_t i, size_t j) {
  const double *a = c->positions + 2 * i;
  const double *b = c->positions + 2 * j;
  double dx = a[0] - b[0];
  double dy = a[1] - b[1];
  if (c->domain.boundary == FCAST_PERIODIC) {
    dx -= c->domain.x * nearbyint(dx / c->domain.x);
    dy -= c->domain.y * nearbyint(dy / c->domain.y);
  }
  const double distance_squared = dx * dx + dy * dy;
  if (distance_squared <= c->reach_squared) {
    c->visit(c->context, i, j, distance_squared);
  }
}

static void look_between(const cells *c, size_t here, size_t there) {
  for (size_t k = c->start[here]; k < c->start[here + 1]; k++) {
    for (size_t l = here == there ? k + 1 : c->start[there]; l < c->start[there + 1]; l++) {
      look_at(c, c->agent[k], c->agent[l]);
    }
  }
}

/* The cell `step` further along an axis; false where there is none. */
static bool neighbour(size_t cell, int step, size_t n, fcast_boundary boundary, size_t *out) {
  const bool wraps = (step > 0 && cell + 1 == n) || (step < 0 && cell == 0);
  if (step != 0 && (n == 1 || (wraps && boundary != FCAST_PERIODIC))) {
    return false;
  }
  *out = step == 0 ? cell : wraps ? (step > 0 ? 0 : n - 1) : step > 0 ? cell + 1 : cell - 1;
  return true;
}

static void look_everywhere(const cells *c) {
  static const int forward[][2] = {{0, 0}, {1, 0}, {-1, 1}, {0, 1}, {1, 1}}; /* half of the nine: each pair once */
  for (size_t y = 0; y < c->n_y; y++) {
    for (size_t x = 0; x < c->n_x; x++) {
      for (size_t s = 0; s < sizeof forward / sizeof forward[0]; s++) {
        size_t other_x = 0;
        size_t other_y = 0;
        if (neighbour(x, forward[s][0], c->n_x, c->domain.boundary, &other_x) &&
            neighbour(y, forward[s][1], c->n_y, c->domain.boundary, &other_y)) {
          look_between(c, y * c->n_x + x, other_y * c->n_x + other_x);
        }
      }
    }
  }
}

fcast_status fcast__near_pairs(const double *positions, size_t n_agents, fcast_domain domain, double reach,
                               fcast__pair_visitor visit, void *context, fcast_error *err) {
  cells c = {.positions = positions,
             .domain = domain,
             .reach_squared = reach * reach,
             .n_x = count_cells(domain.x, reach, n_agents),
             .n_y = count_cells(domain.y, reach, n_agents),
             .visit = visit,
             .context = context};
  const fcast_status status = sort(n_agents, &c, err);
  if (status == FCAST_OK) {
    look_everywhere(&c);
  }
  fcast_free(c.start);
  fcast_free(c.agent);
  return status;
}
