/* SPDX-License-Identifier: MIT */
#include "linalg/products.h"

#include "base/listen.h"
#include "flockcast/array.h"
#include "linalg/panels.h"

#include <stdbool.h>
#include <string.h>

/* A tile of the result: its left rows stay in the second cache while the panels of the right factor pass by. */
enum { TILE_ROWS = 96, TILE_PANELS = 8 };

/* Packed numbers at a time: many slabs of small factors, so that threads seldom wait for each other, but no more memory
 * than the process keeps from one product to the next. */
enum { LARGEST_PACKED = 448 << 10 };

/* Below this many multiplications a parallel region costs more than it saves. */
static const double smallest_parallel = 2e7;

/* c += left right^T, both over n_inner entries. */
typedef struct product {
  fcast_slices left, right;
  size_t n_inner;
  bool lower_only; /* left and right are the same: only the tiles that reach below the diagonal */
  size_t n_slabs;  /* packed at a time */
  double *packed;  /* [slab, panel of right then of left, FCAST_SLAB, FCAST_PANEL] */
  double *c;
  size_t stride;
  const fcast_listener *listener; /* or NULL */
} product;

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

static size_t n_panels(const fcast_slices *slices) {
  return (slices->n + FCAST_PANEL - 1) / FCAST_PANEL;
}

/* Rows whose entries lie side by side are used in place; so are others beside a single panel, where packing them would
 * cost more than it saves. */
static bool packs_left(const product *work) {
  return !work->lower_only && work->left.inner_step != 1 && work->right.n > FCAST_PANEL;
}

static size_t n_packed_panels(const product *work) {
  return n_panels(&work->right) + (packs_left(work) ? n_panels(&work->left) : 0);
}

static double *packed_panel(const product *work, size_t slab, size_t panel) {
  return work->packed + (slab * n_packed_panels(work) + panel) * FCAST_SLAB * FCAST_PANEL;
}

/* Some rows of the result, one panel of its columns, and one slab of the inner index. */
typedef struct piece {
  size_t first_row, last_row;
  size_t panel;
  size_t slab; /* among those packed */
  size_t first_inner, n_inner;
} piece;

static void multiply_piece(const product *work, const piece *p) {
  const double *right = packed_panel(work, p->slab, p->panel);
  const size_t column = p->panel * FCAST_PANEL;
  const size_t n_columns = smaller(FCAST_PANEL, work->right.n - column);
  const size_t left_panels = work->lower_only ? 0 : n_panels(&work->right);
  for (size_t row = p->first_row; row < p->last_row; row += FCAST_STRIP) {
    const size_t n_rows = smaller(FCAST_STRIP, p->last_row - row);
    double *place = work->c + row * work->stride + column;
    if (work->lower_only && row + n_rows <= column) {
      continue;
    }
    if (work->lower_only || packs_left(work)) {
      const double *left = packed_panel(work, p->slab, left_panels + row / FCAST_PANEL) + row % FCAST_PANEL;
      fcast__panel_multiply(left, 1, FCAST_PANEL, right, p->n_inner, n_rows, n_columns, place, work->stride);
    } else {
      fcast__panel_multiply(work->left.base + row * work->left.step + p->first_inner * work->left.inner_step,
                            work->left.step, work->left.inner_step, right, p->n_inner, n_rows, n_columns, place,
                            work->stride);
    }
  }
}

/* A tile of the result, over the entries [first, last) of the inner index. */
static void multiply_tile(const product *work, size_t tile, size_t first, size_t last) {
  const size_t n_tile_columns = (n_panels(&work->right) + TILE_PANELS - 1) / TILE_PANELS;
  const size_t first_panel = tile % n_tile_columns * TILE_PANELS;
  const size_t last_panel = smaller(first_panel + TILE_PANELS, n_panels(&work->right));
  piece p = {.first_row = tile / n_tile_columns * TILE_ROWS};
  p.last_row = smaller(p.first_row + TILE_ROWS, work->left.n);
  for (p.first_inner = first; p.first_inner < last; p.first_inner += FCAST_SLAB, p.slab++) {
    p.n_inner = smaller(FCAST_SLAB, last - p.first_inner);
    for (p.panel = first_panel; p.panel < last_panel; p.panel++) {
      multiply_piece(work, &p);
    }
  }
}

/* Pack one panel of one slab of the entries [first, last). */
static void pack(const product *work, size_t number, size_t first, size_t last) {
  const size_t slab = number / n_packed_panels(work);
  const size_t panel = number % n_packed_panels(work);
  const size_t n_right = n_panels(&work->right);
  const size_t first_inner = first + slab * FCAST_SLAB;
  fcast__panel_pack(panel < n_right ? &work->right : &work->left, panel < n_right ? panel : panel - n_right,
                    first_inner, smaller(FCAST_SLAB, last - first_inner), packed_panel(work, slab, panel));
}

/* Some slabs of the inner index at a time: pack, then multiply the tiles. The loops end in barriers, so that every
 * entry of the result sees the slabs in order. */
static void run(const product *work) {
  const size_t n_tiles =
      (work->left.n + TILE_ROWS - 1) / TILE_ROWS * ((n_panels(&work->right) + TILE_PANELS - 1) / TILE_PANELS);
  const double n_multiplications = (double)work->left.n * (double)work->right.n * (double)work->n_inner;
#pragma omp parallel if (n_multiplications > smallest_parallel)
  for (size_t first = 0; first < work->n_inner; first += work->n_slabs * FCAST_SLAB) {
    const size_t last = smaller(first + work->n_slabs * FCAST_SLAB, work->n_inner);
    const size_t n_packed = (last - first + FCAST_SLAB - 1) / FCAST_SLAB * n_packed_panels(work);
#pragma omp for schedule(static)
    for (size_t number = 0; number < n_packed; number++) {
      pack(work, number, first, last);
    }
#pragma omp for schedule(dynamic)
    for (size_t tile = 0; tile < n_tiles; tile++) {
      multiply_tile(work, tile, first, last);
    }
#pragma omp master
    fcast__tell(work->listener, (double)last / (double)work->n_inner);
  }
}

static fcast_status multiply_packed(product *work, fcast_error *err) {
  const size_t slab_size = n_packed_panels(work) * FCAST_SLAB * FCAST_PANEL;
  const size_t all_slabs = (work->n_inner + FCAST_SLAB - 1) / FCAST_SLAB;
  const size_t fitting = LARGEST_PACKED / (slab_size + 1);
  work->n_slabs = smaller(all_slabs, fitting > 0 ? fitting : 1);
  work->packed = fcast_alloc_unfilled(work->n_slabs * slab_size, sizeof(double));
  if (work->packed == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a product of %zu x %zu", work->left.n, work->right.n);
  }
  run(work);
  fcast_free(work->packed);
  return FCAST_OK;
}

/* Few rows times many: c^T += right left^T, so that the few are packed and the many pass by once. Each entry is the
 * same chain of multiply-adds. */
static fcast_status multiply_few(product *work, fcast_error *err) {
  const size_t m = work->left.n;
  const size_t n = work->right.n;
  double *transposed = fcast_alloc_array(n * m, sizeof *transposed);
  if (transposed == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a product of %zu x %zu", m, n);
  }
  product turned = {.left = work->right,
                    .right = work->left,
                    .n_inner = work->n_inner,
                    .c = transposed,
                    .stride = m,
                    .listener = work->listener};
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      transposed[j * m + i] = work->c[i * work->stride + j];
    }
  }
  const fcast_status status = multiply_packed(&turned, err);
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      work->c[i * work->stride + j] = transposed[j * m + i];
    }
  }
  fcast_free(transposed);
  return status;
}

static fcast_status multiply(product *work, fcast_error *err) {
  const bool is_few = !work->lower_only && work->left.n <= FCAST_PANEL && work->right.n > FCAST_PANEL;
  return is_few ? multiply_few(work, err) : multiply_packed(work, err);
}

fcast_status fcast__gram_of_rows(const double *a, size_t m, size_t n, const fcast_listener *listener, double *gram,
                                 fcast_error *err) {
  const fcast_slices rows = {.base = a, .n = m, .step = n, .inner_step = 1};
  product work = {
      .left = rows, .right = rows, .n_inner = n, .lower_only = true, .c = gram, .stride = m, .listener = listener};
  memset(gram, 0, m * m * sizeof *gram);
  return multiply(&work, err);
}

fcast_status fcast__gram_of_columns_add(const double *a, size_t m, size_t n, double *gram, fcast_error *err) {
  const fcast_slices columns = {.base = a, .n = n, .step = 1, .inner_step = n};
  product work = {.left = columns, .right = columns, .n_inner = m, .lower_only = true, .c = gram, .stride = n};
  return multiply(&work, err);
}

fcast_status fcast__multiply(const double *a, const double *b, size_t m, size_t k, size_t n,
                             const fcast_listener *listener, double *c, fcast_error *err) {
  product work = {.left = {.base = a, .n = m, .step = k, .inner_step = 1},
                  .right = {.base = b, .n = n, .step = 1, .inner_step = n},
                  .n_inner = k,
                  .c = c,
                  .stride = n,
                  .listener = listener};
  memset(c, 0, m * n * sizeof *c);
  return multiply(&work, err);
}

fcast_status fcast__multiply_transposed(const double *a, const double *b, size_t m, size_t k, size_t n, double *c,
                                        fcast_error *err) {
  product work = {.left = {.base = a, .n = m, .step = k, .inner_step = 1},
                  .right = {.base = b, .n = n, .step = k, .inner_step = 1},
                  .n_inner = k,
                  .c = c,
                  .stride = n};
  memset(c, 0, m * n * sizeof *c);
  return multiply(&work, err);
}

fcast_status fcast__multiply_columns_add(const double *a, const double *b, size_t k, size_t m, size_t n, double *c,
                                         fcast_error *err) {
  product work = {.left = {.base = a, .n = m, .step = 1, .inner_step = m},
                  .right = {.base = b, .n = n, .step = 1, .inner_step = n},
                  .n_inner = k,
                  .c = c,
                  .stride = n};
  return multiply(&work, err);
}
