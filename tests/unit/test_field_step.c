/* SPDX-License-Identifier: MIT
 *
 * One step of the field model, said once more in plain loops over all agents, cells and pairs of cells, and held
 * against the forecast; the kernels on the grid against their double sums.
 */
#include "field.h"

#include "base/cpu.h"
#include "forecast/field_rollout.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static fcast_density_options box_of(int64_t nx, int64_t ny, double hx, double hy, fcast_boundary boundary) {
  return (fcast_density_options){
      .nx = nx, .ny = ny, .bandwidth = 1.5, .box_x = hx * (double)nx, .box_y = hy * (double)ny, .boundary = boundary};
}

/* --- the obvious version, kept as the judge --- */

static double value_at(const fcast_radial *radial, double distance) {
  const double shell = floor(distance / radial->width);
  return shell < (double)radial->n_shells ? radial->value[(size_t)shell] : 0.0;
}

/* Cells from b to a on one axis, the short way in a periodic box. */
static int64_t offset_of(size_t a, size_t b, size_t n, bool is_periodic) {
  int64_t offset = (int64_t)a - (int64_t)b;
  if (is_periodic && 2 * offset > (int64_t)n) {
    offset -= (int64_t)n;
  }
  return is_periodic && 2 * offset < -(int64_t)n ? offset + (int64_t)n : offset;
}

/* The mean of a kernel over the target cell, 8 x 8 points of it: value, or value times a component of the unit vector.
 * Cells half the box apart have two short ways and do not act on each other, and neither do those farther apart. */
static double weight_of(const fcast_radial *radial, double scale, int component, const fcast_field_grid *grid,
                        int64_t columns, int64_t rows) {
  double sum = 0.0;
  if (2 * llabs(columns) > (int64_t)grid->nx - 1 || 2 * llabs(rows) > (int64_t)grid->ny - 1) {
    return 0.0;
  }
  for (int j = 0; j < 8; j++) {
    for (int i = 0; i < 8; i++) {
      const double x = ((double)columns + (i + 0.5) / 8.0 - 0.5) * grid->hx;
      const double y = ((double)rows + (j + 0.5) / 8.0 - 0.5) * grid->hy;
      const double distance = hypot(x, y);
      const double part = component == 0 ? 1.0 : (component == 1 ? x : y) / distance;
      sum += value_at(radial, distance / scale) * part / 64.0;
    }
  }
  return sum;
}

/* out[a] = the sum over all cells b of weight(a - b) times cells[b]. */
static void convolve(const fcast_radial *radial, double scale, int component, const fcast_field_grid *grid,
                     const double *cells, double *out) {
  const size_t n = grid->nx * grid->ny;
  const int64_t nx = (int64_t)grid->nx;
  const int64_t ny = (int64_t)grid->ny;
  double *weights = fcast_alloc_array(4 * n, sizeof *weights); /* of the cells -ny..ny - 1, -nx..nx - 1 away */
  assert_non_null(weights);
  for (int64_t i = 0; i < 4 * nx * ny; i++) {
    weights[i] = weight_of(radial, scale, component, grid, i % (2 * nx) - nx, i / (2 * nx) - ny);
  }
  for (size_t a = 0; a < n; a++) {
    out[a] = 0.0;
    for (size_t b = 0; b < n; b++) {
      const int64_t columns = offset_of(a % grid->nx, b % grid->nx, grid->nx, grid->is_periodic);
      const int64_t rows = offset_of(a / grid->nx, b / grid->nx, grid->ny, grid->is_periodic);
      out[a] += weights[(rows + ny) * 2 * nx + columns + nx] * cells[b];
    }
  }
  fcast_free(weights);
}

/* Share of a cell in a point by bilinear weights: along one axis, one less the distance in cells; what would lie beyond
 * a wall belongs to the cell at it. */
static double share_on_axis(double position, double cell, size_t i, size_t n, bool is_periodic) {
  double share = 0.0;
  const double centre = position / cell - 0.5;
  for (int image = -1; image <= 1; image++) {
    share += is_periodic ? fmax(1.0 - fabs(centre - (double)i - image * (double)n), 0.0) : 0.0;
  }
  if (!is_periodic) {
    share = fmax(1.0 - fabs(fmin(fmax(centre, 0.0), (double)n - 1.0) - (double)i), 0.0);
  }
  return share;
}

static double share_of(const fcast_field_grid *grid, size_t cell, double x, double y) {
  return share_on_axis(x, grid->hx, cell % grid->nx, grid->nx, grid->is_periodic) *
         share_on_axis(y, grid->hy, cell / grid->nx, grid->ny, grid->is_periodic);
}

/* The Gaussian of the state on one axis, cut at 3.5 standard deviations, each cell by its nearest image, normalised. */
static void state_on_axis(double position, double bandwidth, double cell, size_t n, bool is_periodic, double *out) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    double distance = ((double)i + 0.5) * cell - position;
    distance -= is_periodic ? (double)n * cell * nearbyint(distance / ((double)n * cell)) : 0.0;
    out[i] = fabs(distance) <= 3.5 * bandwidth ? exp(-0.5 * pow(distance / bandwidth, 2.0)) : 0.0;
    sum += out[i];
  }
  for (size_t i = 0; i < n; i++) {
    out[i] /= sum;
  }
}

/* A parcel, in the judge. */
typedef struct piece {
  double x, y, mass, velocity[2], heading[2];
} piece;

static size_t make_pieces(const fcast_field_model *model, const fcast_field_grid *grid, const fcast_tracks *tracks,
                          piece *out) {
  const size_t n = grid->nx * grid->ny;
  double *on_x = fcast_alloc_array(grid->nx + grid->ny, sizeof *on_x);
  assert_non_null(on_x);
  double *on_y = on_x + grid->nx;
  memset(out, 0, n * sizeof *out);
  for (size_t agent = 0; agent < tracks->n_agents; agent++) {
    const double *x = tracks->positions + 2 * agent;
    const double *v = tracks->velocities + 2 * agent;
    state_on_axis(x[0], model->state_bandwidth, grid->hx, grid->nx, grid->is_periodic, on_x);
    state_on_axis(x[1], model->state_bandwidth, grid->hy, grid->ny, grid->is_periodic, on_y);
    for (size_t cell = 0; cell < n; cell++) {
      const double mass = on_x[cell % grid->nx] * on_y[cell / grid->nx];
      out[cell].mass += mass;
      for (size_t c = 0; c < 2; c++) {
        out[cell].velocity[c] += mass * v[c];
        out[cell].heading[c] += mass * v[c] / hypot(v[0], v[1]);
      }
    }
  }
  size_t n_pieces = 0;
  for (size_t cell = 0; cell < n; cell++) {
    piece at = out[cell];
    if (at.mass > 0.0) {
      at.x = ((double)(cell % grid->nx) + 0.5) * grid->hx;
      at.y = ((double)(cell / grid->nx) + 0.5) * grid->hy;
      for (size_t c = 0; c < 2; c++) {
        at.velocity[c] /= at.mass;
        at.heading[c] /= at.mass;
      }
      out[n_pieces++] = at;
    }
  }
  fcast_free(on_x);
  return n_pieces;
}

/* How much narrower than itself the kernel is applied, since the state is smooth already. */
static double contraction_of(const fcast_field_model *model, const fcast_field_grid *grid) {
  double integral = 0.0;
  double second = 0.0;
  for (size_t k = 0; k < model->alignment.n_shells; k++) {
    const double inner = (double)k * model->alignment.width;
    const double outer = inner + model->alignment.width;
    integral += 2.0 * model->alignment.value[k] * (pow(outer, 2.0) - pow(inner, 2.0));
    second += model->alignment.value[k] * (pow(outer, 4.0) - pow(inner, 4.0));
  }
  const double variance = 0.5 * second / integral;
  const double cells = 0.5 * (grid->hx * grid->hx + grid->hy * grid->hy);
  const double of_state = model->state_bandwidth * model->state_bandwidth + 5.0 / 12.0 * cells;
  return sqrt(1.0 - of_state / variance);
}

static void unit(double v[2], const double otherwise[2]) {
  const double length = hypot(v[0], v[1]);
  v[0] = length > 1e-12 ? v[0] / length : otherwise[0];
  v[1] = length > 1e-12 ? v[1] / length : otherwise[1];
}

static double read_field(const fcast_field_grid *grid, const double *cells, const piece *at) {
  double sum = 0.0;
  for (size_t cell = 0; cell < grid->nx * grid->ny; cell++) {
    sum += share_of(grid, cell, at->x, at->y) * cells[cell];
  }
  return sum;
}

/* Components 0 and 1 of K * P and of F, on the grid. */
static void look_around(const fcast_field_model *model, const fcast_field_grid *grid, const piece *pieces, size_t n,
                        double *fields[4]) {
  const size_t n_grid = grid->nx * grid->ny;
  double *cells = fcast_alloc_array(3 * n_grid, sizeof *cells);
  assert_non_null(cells);
  for (size_t cell = 0; cell < n_grid; cell++) {
    for (size_t i = 0; i < n; i++) {
      const double mass = pieces[i].mass * share_of(grid, cell, pieces[i].x, pieces[i].y);
      cells[cell] += mass * pieces[i].heading[0];
      cells[n_grid + cell] += mass * pieces[i].heading[1];
      cells[2 * n_grid + cell] += mass;
    }
  }
  for (int c = 0; c < 2; c++) {
    convolve(&model->alignment, contraction_of(model, grid), 0, grid, cells + (size_t)c * n_grid, fields[c]);
    if (model->force_kind != FCAST_FIELD_NO_FORCE) {
      convolve(&model->force, 1.0, c + 1, grid, cells + 2 * n_grid, fields[2 + c]);
    }
  }
  fcast_free(cells);
}

static void turn_piece(const fcast_field_model *model, const fcast_field_grid *grid, double *const fields[4],
                       piece *at) {
  static const double nothing[2] = {0.0, 0.0};
  double direction[2] = {read_field(grid, fields[0], at), read_field(grid, fields[1], at)};
  double force[2] = {0.0, 0.0};
  double speed = model->speed.value;
  unit(direction, at->heading);
  if (model->force_kind != FCAST_FIELD_NO_FORCE) {
    force[0] = read_field(grid, fields[2], at);
    force[1] = read_field(grid, fields[3], at);
  }
  if (model->force_kind == FCAST_FIELD_DRIVING) {
    speed = hypot(at->velocity[0] + force[0], at->velocity[1] + force[1]);
  }
  if (model->force_kind == FCAST_FIELD_STEERING) {
    const double aligned[2] = {direction[0], direction[1]};
    unit(force, nothing);
    direction[0] += model->steering.value * force[0];
    direction[1] += model->steering.value * force[1];
    unit(direction, aligned);
  }
  for (size_t c = 0; c < 2; c++) {
    at->heading[c] = direction[c];
    at->velocity[c] = speed * direction[c];
  }
}

static void move_piece(const fcast_field_model *model, piece *at) {
  double *const x[2] = {&at->x, &at->y};
  const double length[2] = {model->density.box_x, model->density.box_y};
  for (size_t c = 0; c < 2; c++) {
    *x[c] += model->order.value * model->interval * at->velocity[c];
    if (model->density.boundary == FCAST_PERIODIC) {
      *x[c] -= length[c] * floor(*x[c] / length[c]);
    } else if (*x[c] < 0.0 || *x[c] > length[c]) {
      *x[c] = *x[c] < 0.0 ? -*x[c] : 2.0 * length[c] - *x[c];
      at->heading[c] = -at->heading[c];
      at->velocity[c] = -at->velocity[c];
    }
  }
}

/* Smooth one axis: cells `stride` apart, a sampled Gaussian cut at int(4 sigma + 0.5). */
static void smooth_line(double *line, size_t n, size_t stride, double sigma, bool is_periodic, double *copy) {
  const int64_t radius = (int64_t)(4.0 * sigma + 0.5);
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    copy[i] = line[i * stride];
    line[i * stride] = 0.0;
  }
  for (int64_t k = -radius; k <= radius; k++) {
    const double weight = k == 0 ? 1.0 : exp(-0.5 * (double)(k * k) / (sigma * sigma));
    sum += weight;
    for (int64_t i = 0; i < (int64_t)n; i++) {
      const int64_t m = (int64_t)n;
      const int64_t from = is_periodic ? ((i + k) % m + m) % m : i + k < 0 ? 0 : i + k >= m ? m - 1 : i + k;
      line[(size_t)i * stride] += weight * copy[from];
    }
  }
  for (size_t i = 0; i < n; i++) {
    line[i * stride] /= sum;
  }
}

/* `widened`: variance that the noise has added, on each axis. */
static void draw(const fcast_field_model *model, const fcast_field_grid *grid, const piece *pieces, size_t n,
                 double widened, double *rho) {
  const double area = grid->hx * grid->hy;
  const double bandwidth = model->density.bandwidth;
  const double smoothed = (pow(model->state_bandwidth, 2.0) - widened) / area + 1.0 / 6.0;
  const double sigma = fmin(sqrt(fmax(bandwidth * bandwidth - smoothed, 0.0)), bandwidth);
  double *copy = fcast_alloc_array(grid->nx + grid->ny, sizeof *copy);
  assert_non_null(copy);
  for (size_t cell = 0; cell < grid->nx * grid->ny; cell++) {
    rho[cell] = 0.0;
    for (size_t i = 0; i < n; i++) {
      rho[cell] += pieces[i].mass / area * share_of(grid, cell, pieces[i].x, pieces[i].y);
    }
  }
  for (size_t row = 0; row < grid->ny; row++) {
    smooth_line(rho + row * grid->nx, grid->nx, 1, sigma, grid->is_periodic, copy);
  }
  for (size_t column = 0; column < grid->nx; column++) {
    smooth_line(rho + column, grid->ny, grid->nx, sigma, grid->is_periodic, copy);
  }
  fcast_free(copy);
}

static double polarization_of(const fcast_field_model *model, const piece *pieces, size_t n) {
  double sum[3] = {0.0, 0.0, 0.0};
  for (size_t i = 0; i < n; i++) {
    sum[0] += pieces[i].mass * pieces[i].heading[0];
    sum[1] += pieces[i].mass * pieces[i].heading[1];
    sum[2] += pieces[i].mass;
  }
  return model->order.value * hypot(sum[0], sum[1]) / sum[2];
}

/* prediction[n_forecast, ny, nx] and polarization[n_forecast] from the only frame. */
static void forecast_obviously(const fcast_field_model *model, const fcast_tracks *tracks, size_t n_forecast,
                               double *prediction, double *polarization) {
  const fcast_field_grid state = fcast__field_grid((size_t)model->state_nx, (size_t)model->state_ny, &model->density);
  const fcast_field_grid density =
      fcast__field_grid((size_t)model->density.nx, (size_t)model->density.ny, &model->density);
  const size_t n_state = state.nx * state.ny;
  piece *pieces = fcast_alloc_array(n_state, sizeof *pieces);
  double *block = fcast_alloc_array(4 * n_state, sizeof *block);
  assert_true(pieces != NULL && block != NULL);
  double *fields[4] = {block, block + n_state, block + 2 * n_state, block + 3 * n_state};
  double widened = 0.0;
  const size_t n = make_pieces(model, &state, tracks, pieces);
  for (size_t step = 0; step < n_forecast; step++) {
    double squares = 0.0;
    double mass = 0.0;
    look_around(model, &state, pieces, n, fields);
    for (size_t i = 0; i < n; i++) {
      turn_piece(model, &state, fields, &pieces[i]);
      squares += pieces[i].mass * pow(hypot(pieces[i].velocity[0], pieces[i].velocity[1]), 2.0);
      mass += pieces[i].mass;
      move_piece(model, &pieces[i]);
    }
    widened += 0.5 * (1.0 - pow(model->order.value, 2.0)) * pow(model->interval, 2.0) * squares / mass;
    draw(model, &density, pieces, n, widened, prediction + step * density.nx * density.ny);
    polarization[step] = polarization_of(model, pieces, n);
  }
  fcast_free(block);
  fcast_free(pieces);
}

/* --- forecasts --- */

enum { N_FORECAST = 4 };

static void forecast_fast(const fcast_field_model *model, const fcast_tracks *tracks, double *prediction,
                          double *polarization) {
  fcast_error err;
  fcast_field_plan *plan = NULL;
  check_ok(fcast_field_plan_create(model, &plan, &err), &err);
  check_ok(fcast_field_forecast(plan, tracks, 0, N_FORECAST, prediction, polarization, &err), &err);
  fcast_field_plan_destroy(plan);
}

/* To rounding as the obvious version has it, and with equal bits by every set of vector instructions. */
static void check_forecast(const fcast_field_model *model, const fcast_tracks *tracks) {
  const size_t n = N_FORECAST * (size_t)(model->density.nx * model->density.ny);
  double *expected = fcast_alloc_array(3 * n, sizeof *expected);
  assert_non_null(expected);
  double *found = expected + n;
  double *other = found + n;
  double polarization[3][N_FORECAST];
  forecast_obviously(model, tracks, N_FORECAST, expected, polarization[0]);
  fcast__cpu_set_level(FCAST_CPU_BASELINE);
  forecast_fast(model, tracks, found, polarization[1]);
  const double most = field_largest(expected, n);
  for (size_t i = 0; i < n; i++) {
    check_close(found[i], expected[i], 1e-11 * most, 0.0);
  }
  for (size_t i = 0; i < N_FORECAST; i++) {
    check_close(polarization[1][i], polarization[0][i], 1e-11, 0.0);
  }
  for (int level = 1; level <= (int)fcast__cpu_highest(); level++) {
    fcast__cpu_set_level((fcast_cpu_level)level);
    forecast_fast(model, tracks, other, polarization[2]);
    assert_memory_equal(other, found, n * sizeof *found);
    assert_memory_equal(polarization[2], polarization[1], sizeof polarization[1]);
  }
  fcast_free(expected);
}

static void forecasts_are_the_steps_in_plain_loops(void **state) {
  (void)state;
  const struct {
    fcast_density_options density;
    int64_t parts;
    double state_bandwidth, reach;
  } cases[] = {
      {box_of(10, 10, 1.0, 1.0, FCAST_PERIODIC), 2, 0.8, 3.0},
      {box_of(14, 9, 0.7, 1.1, FCAST_PERIODIC), 1, 0.9, 3.5},
      {box_of(9, 12, 1.0, 0.8, FCAST_REFLECTING), 2, 0.8, 3.0},
      {box_of(7, 6, 1.0, 1.0, FCAST_PERIODIC), 1, 1.2, 6.0}, /* kernel and state reach around the box */
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (int force = 0; force < 3; force++) {
      fcast_field_model model =
          field_model_make(&cases[i].density, cases[i].parts, cases[i].state_bandwidth, cases[i].reach);
      model.interval = 0.3;
      if (force > 0) {
        field_model_push(&model, (fcast_field_force)force, cases[i].reach, 0.05);
      }
      fcast_tracks tracks = field_tracks_make(&model.density, 11, 0.5, 40 + i);
      check_forecast(&model, &tracks);
      fcast_tracks_clear(&tracks);
      fcast_field_model_clear(&model);
    }
  }
}

/* --- kernels on the grid --- */

static void apply_fast(const fcast_stencil *stencil, const fcast_field_grid *grid, const double *const sources[2],
                       double *out) {
  double *halo = fcast_alloc_array(2 * fcast__stencil_room(stencil, grid), sizeof *halo);
  assert_non_null(halo);
  fcast__stencil_apply(stencil, grid, sources, halo, out, out + grid->nx * grid->ny);
  fcast_free(halo);
}

/* Against the sum over all pairs of cells; equal bits on all levels; a third of the cells empty. */
static void check_stencil(const fcast_radial *radial, double scale, bool is_vector, const fcast_field_grid *grid,
                          uint64_t seed) {
  fcast_error err;
  const size_t n = grid->nx * grid->ny;
  fcast_stencil stencil;
  double *block = fcast_alloc_array(8 * n, sizeof *block);
  assert_non_null(block);
  const double *const sources[2] = {block, block + n};
  double *expected = block + 2 * n;
  double *found = block + 4 * n;
  double *other = block + 6 * n;
  for (size_t i = 0; i < 2 * n; i++) {
    block[i] = i % 3 == 0 ? 0.0 : test_uniform(&seed);
  }
  convolve(radial, scale, is_vector ? 1 : 0, grid, sources[0], expected);
  convolve(radial, scale, is_vector ? 2 : 0, grid, sources[is_vector ? 0 : 1], expected + n);
  check_ok(fcast__stencil_create(radial, scale, is_vector, grid, &stencil, &err), &err);
  fcast__cpu_set_level(FCAST_CPU_BASELINE);
  apply_fast(&stencil, grid, sources, found);
  for (size_t i = 0; i < 2 * n; i++) {
    check_close(found[i], expected[i], 1e-13 * (double)n, 0.0);
  }
  for (int level = 1; level <= (int)fcast__cpu_highest(); level++) {
    fcast__cpu_set_level((fcast_cpu_level)level);
    apply_fast(&stencil, grid, sources, other);
    assert_memory_equal(other, found, 2 * n * sizeof *found);
  }
  fcast__stencil_clear(&stencil);
  fcast_free(block);
}

static void kernels_are_their_double_sums(void **state) {
  (void)state;
  const size_t sizes[][2] = {{12, 12}, {13, 8}, {7, 15}, {1, 1}, {2, 2}, {1, 9}, {3, 2}, {20, 4}};
  double value[5] = {1.0, 0.7, -0.4, 0.2, 0.1};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    for (int boundary = 0; boundary < 2; boundary++) {
      const fcast_density_options box =
          box_of((int64_t)sizes[i][0], (int64_t)sizes[i][1], 1.0, 1.0 + 0.1 * (double)i, (fcast_boundary)boundary);
      const fcast_field_grid grid = fcast__field_grid(sizes[i][0], sizes[i][1], &box);
      for (int k = 0; k < 3; k++) {
        /* Within a cell, over some, and wider than many of these boxes. */
        const fcast_radial radial = {.n_shells = 5, .width = 0.1 + 0.5 * k, .value = value};
        check_stencil(&radial, 1.0, false, &grid, i);
        check_stencil(&radial, 0.8, false, &grid, i);
        check_stencil(&radial, 1.0, true, &grid, i);
      }
    }
  }
}

/* A kernel that is constant counts what is within its reach: the integral of K over a uniform field. */
static void a_uniform_field_sees_the_integral(void **state) {
  (void)state;
  fcast_error err;
  const fcast_density_options box = box_of(60, 60, 0.25, 0.25, FCAST_PERIODIC);
  const fcast_field_grid grid = fcast__field_grid(60, 60, &box);
  double one = 1.0;
  const fcast_radial radial = {.n_shells = 1, .width = 3.0, .value = &one};
  fcast_stencil stencil;
  double sources[2][3600];
  double found[2 * 3600];
  for (size_t i = 0; i < 3600; i++) {
    sources[0][i] = grid.hx * grid.hy;
    sources[1][i] = 0.0;
  }
  const double *const pointers[2] = {sources[0], sources[1]};
  check_ok(fcast__stencil_create(&radial, 1.0, false, &grid, &stencil, &err), &err);
  apply_fast(&stencil, &grid, pointers, found);
  for (size_t i = 0; i < 3600; i++) {
    check_close(found[i], pi * 9.0, 0.0, 2e-3);
    assert_true(found[3600 + i] == 0.0);
  }
  fcast__stencil_clear(&stencil);
}

/* --- threads --- */

/* Forecasts made at the same time by one plan have the bits of those made one after the other. */
static void threads_may_share_a_plan(void **state) {
  (void)state;
  enum { N = 12 };
  const fcast_density_options density = box_of(12, 12, 1.0, 1.0, FCAST_PERIODIC);
  const size_t n_values = N_FORECAST * 12 * 12;
  const int n_threads = omp_get_max_threads();
  fcast_error err;
  fcast_field_plan *plan = NULL;
  fcast_field_model model = field_model_make(&density, 2, 0.8, 2.5);
  field_model_push(&model, FCAST_FIELD_STEERING, 3.0, 1.0);
  double *block = fcast_alloc_array(2 * N * n_values, sizeof *block);
  assert_non_null(block);
  check_ok(fcast_field_plan_create(&model, &plan, &err), &err);
  fcast_tracks tracks[N];
  for (size_t i = 0; i < N; i++) {
    tracks[i] = field_tracks_make(&density, 9, 1.0, i);
  }
  for (int k = 0; k < 2; k++) {
    fcast_status worst = FCAST_OK;
    omp_set_num_threads(k == 0 ? 1 : 4);
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < N; i++) {
      const fcast_status status =
          fcast_field_forecast(plan, &tracks[i], 0, N_FORECAST, block + ((size_t)k * N + i) * n_values, NULL, NULL);
      if (status != FCAST_OK) {
#pragma omp atomic write
        worst = status;
      }
    }
    assert_int_equal(worst, FCAST_OK);
  }
  omp_set_num_threads(n_threads);
  assert_memory_equal(block, block + N * n_values, N * n_values * sizeof *block);
  for (size_t i = 0; i < N; i++) {
    fcast_tracks_clear(&tracks[i]);
  }
  fcast_free(block);
  fcast_field_plan_destroy(plan);
  fcast_field_model_clear(&model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forecasts_are_the_steps_in_plain_loops),
      cmocka_unit_test(kernels_are_their_double_sums),
      cmocka_unit_test(a_uniform_field_sees_the_integral),
      cmocka_unit_test(threads_may_share_a_plan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
