/* SPDX-License-Identifier: MIT
 *
 * A grid over keys of the configuration: every --grid is an axis, every combination of their values a point.
 */
#ifndef FLOCKCAST_CLI_SWEEP_GRID_H
#define FLOCKCAST_CLI_SWEEP_GRID_H

#include "cli/command.h"

/* No file name is longer. */
enum { FCAST_GRID_NAME = 256 };

enum { FCAST_MAX_GRID_AXES = 6, FCAST_MAX_GRID_KEYS = 6, FCAST_MAX_GRID_POINTS = 10000 };

/* "KEY[,KEY...]=VALUE,VALUE,..." where a value of several keys is "A:B:...", or, of all values alike, one
 * for all of them. */
typedef struct fcast_grid_axis {
  const char *text; /* as it was given; borrowed */
  size_t n_keys, n_values;
  size_t n_parts; /* of every value: n_keys, or 1 for all of them */
  char *keys[FCAST_MAX_GRID_KEYS];
  char **values; /* [value, key] */
} fcast_grid_axis;

typedef struct fcast_grid {
  size_t n_axes, n_points;
  fcast_grid_axis axes[FCAST_MAX_GRID_AXES];
} fcast_grid;

/* Read all --grid of a command line. Errors: FCAST_E_ARG, FCAST_E_NOMEM. The caller calls fcast_grid_clear. */
FCAST_MUST_CHECK fcast_status fcast_grid_create(const fcast_arguments *arguments, fcast_grid *out, fcast_error *err);
void fcast_grid_clear(fcast_grid *grid);

/* Refuse an axis with two values that mean the same, as 1 and 1.0: their points would be one. Errors: FCAST_E_ARG,
 * FCAST_E_CONFIG, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_grid_check_values(const fcast_grid *grid, const fcast_config *base,
                                                      fcast_error *err);

/* Which value of an axis a point has; the last axis varies fastest. */
size_t fcast_grid_value(const fcast_grid *grid, size_t point, size_t axis);

/* The configuration of a point: `base`, then its values. Errors: FCAST_E_CONFIG naming the point;
 * FCAST_E_ARG where its name is too long for a directory or holds a slash. */
FCAST_MUST_CHECK fcast_status fcast_grid_config(const fcast_grid *grid, size_t point, const fcast_config *base,
                                                fcast_config *out, fcast_error *err);

/* "noise.eta=0.5,sim.N=100" of the axes from `first_axis` on; cut where it does not fit, which fcast_grid_config
 * refuses.
 */
void fcast_grid_name(const fcast_grid *grid, size_t point, size_t first_axis, char name[FCAST_GRID_NAME]);

#endif
