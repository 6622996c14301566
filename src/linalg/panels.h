/* SPDX-License-Identifier: MIT
 *
 * The inner kernel of all matrix products: strips of 8 rows times panels of 24 columns, held in registers.
 *
 * Every entry of a product is one chain of fused multiply-adds over at most FCAST_SLAB terms, added to what stands
 * there already; vectors run across the columns. So all variants give the same bits. Source: Goto and van de Geijn
 * 2008; Van Zee and van de Geijn 2015.
 */
#ifndef FLOCKCAST_LINALG_PANELS_H
#define FLOCKCAST_LINALG_PANELS_H

#include <stddef.h>

enum { FCAST_PANEL = 24, FCAST_STRIP = 8, FCAST_SLAB = 384 };

/* `n` vectors of numbers as one factor of a product over their common index: entry k of vector i is
 * base[i * step + k * inner_step]. */
typedef struct fcast_slices {
  const double *base;
  size_t n;
  size_t step, inner_step;
} fcast_slices;

/* Copy entries [first_inner, first_inner + n_inner) of the vectors of one panel, those from 24 * panel on, into
 * packed[n_inner, 24]; vectors beyond the last are zero. */
void fcast__panel_pack(const fcast_slices *slices, size_t panel, size_t first_inner, size_t n_inner, double *packed);

/* c[i, j] += sum over k of left[i * left_step + k * left_inner_step] * panel[k, j] for i < 8, j < 24 (fewer where
 * n_rows or n_columns say so; `left` must be readable for n_rows rows only). */
void fcast__panel_multiply(const double *left, size_t left_step, size_t left_inner_step, const double *panel,
                           size_t n_inner, size_t n_rows, size_t n_columns, double *c, size_t stride);

#endif
