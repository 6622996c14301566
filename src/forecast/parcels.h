/* SPDX-License-Identifier: MIT
 *
 * Parcels: the mass of a field in pieces that travel with it.
 *
 * Transport by the forward flow: a parcel keeps its mass, so mass is kept to rounding and nothing turns negative, and
 * it is drawn on the grid anew for every frame, so nothing is smeared from step to step.
 */
#ifndef FLOCKCAST_FORECAST_PARCELS_H
#define FLOCKCAST_FORECAST_PARCELS_H

#include "forecast/field_grid.h"

typedef struct fcast_parcels {
  size_t n;
  double *x, *y;      /* [parcel]: length units */
  double *mass;       /* [parcel]: agents */
  double *velocity_x; /* [parcel] */
  double *velocity_y;
  double *heading_x; /* [parcel]: unit vectors, or shorter where headings differ */
  double *heading_y;
} fcast_parcels;

/* The state of frame `frame` of tracks with velocities: every agent spread over the cells by a Gaussian of standard
 * deviation `bandwidth` (length units) about its position, whose weights sum to one; a parcel in the centre of every
 * cell that has mass, with the mean velocity and heading there. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__parcels_create(const fcast_field_grid *grid, double bandwidth,
                                                    const fcast_tracks *tracks, size_t frame, fcast_parcels *out,
                                                    fcast_error *err);
void fcast__parcels_clear(fcast_parcels *parcels);

/* Move every parcel by (dx, dy) of its own; walls reflect it with its heading and velocity. Moves must be shorter than
 * the box. */
void fcast__parcels_move(const fcast_field_grid *grid, const double *dx, const double *dy, fcast_parcels *parcels);

#endif
