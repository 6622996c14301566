/* SPDX-License-Identifier: MIT
 *
 * One forecast by the field model while it is made.
 */
#ifndef FLOCKCAST_FORECAST_FIELD_ROLLOUT_H
#define FLOCKCAST_FORECAST_FIELD_ROLLOUT_H

#include "density/smooth.h"
#include "forecast/field_grid.h"
#include "forecast/parcels.h"

struct fcast_field_plan {
  const fcast_field_model *model;
  fcast_field_grid state;      /* where the parcels begin */
  fcast_field_grid neighbours; /* where headings are summed: the state's, or coarser where K reaches over many cells */
  fcast_field_grid pushers;    /* where forces are summed, likewise */
  fcast_field_grid density;    /* what is drawn */
  fcast_stencil alignment;
  fcast_stencil force; /* empty without forces */
};

typedef struct fcast_rollout {
  const fcast_field_plan *plan;
  fcast_parcels parcels;
  fcast_field_place *places;       /* [parcel]: on the grid of neighbours */
  fcast_field_place *force_places; /* [parcel]: on the grid of pushers; NULL without */
  double *sources[3];              /* [ny, nx] each: unit headings by mass, x and y, and mass; of their grids */
  double *halo;
  double *aligned[2]; /* [ny, nx] each: K * P */
  double *pushed[2];  /* the same of the force; NULL without */
  double *move[2];    /* [parcel] each */
  fcast_smoother *smoother;
  double widened; /* variance that the noise of the headings has added on each axis; length units squared */
  double *turns;  /* [parcel]: angles that the noise turns the headings by in the next step; NULL: its mean effect */
} fcast_rollout;

/* The state of frame `frame`. The caller clears `out` whatever happens. Errors: as fcast_field_forecast. */
FCAST_MUST_CHECK fcast_status fcast__rollout_create(const fcast_field_plan *plan, const fcast_tracks *tracks,
                                                    size_t frame, fcast_rollout *out, fcast_error *err);
void fcast__rollout_clear(fcast_rollout *roll);

/* Where the parcels are on the grids: to be called before every step, and before anything is read from a grid. */
void fcast__rollout_place(fcast_rollout *roll);

/* A value of each parcel (NULL: 1) by its mass onto a grid where it has places, by bilinear weights: cells[ny, nx]. */
void fcast__rollout_gather(const fcast_rollout *roll, const fcast_field_grid *grid, const fcast_field_place *places,
                           const double *values, double *cells);

/* One step; `i_step` is for the text. Errors: FCAST_E_NUMERIC where a parcel moves too far. */
FCAST_MUST_CHECK fcast_status fcast__rollout_step(fcast_rollout *roll, size_t i_step, fcast_error *err);

/* The density of the parcels: out[ny, nx]. */
void fcast__rollout_draw(fcast_rollout *roll, double *out);

/* Their polarization. */
double fcast__rollout_polarization(const fcast_rollout *roll);

#endif
