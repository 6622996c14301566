/* SPDX-License-Identifier: MIT
 *
 * The learned field model: the mean-field limit of aligning particles, with every coefficient learned from tracks.
 *
 * State: the density rho and the density of unit headings P of a frame, both on a grid of their own with a kernel
 * sharper than the one that is drawn. One step, from frame to frame,
 *
 *   e = (K * P) / |K * P|                            alignment with neighbours, K a function of distance
 *   d = (e + mu F/|F|) / |...|,  F = (f r/|r|) * rho  where forces steer
 *   s = s0,  or |v + g|,  g = (f r/|r|) * rho         speed, constant or driven by forces
 *   rho and P travel along c s d for one frame interval, P = rho d
 *
 * c is the order that is left by the noise, the mean cosine of the angle between d and where an agent went. Sources:
 * Degond and Motsch 2008, Bertin, Droz and Gregoire 2006, Toner and Tu 1995 for the limit; Cotter, Frank and Reich
 * 2007, Mercier, Yin and Nave 2020 for transport by the forward flow; Messenger and Bortz 2022 for learning from tracks
 * in integrated form; docs/field-model.md.
 */
#ifndef FLOCKCAST_FIELD_H
#define FLOCKCAST_FIELD_H

#include "flockcast/array.h"
#include "flockcast/density.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A function of distance, constant on shells of equal width and zero beyond them. */
typedef struct fcast_radial {
  size_t n_shells; /* shell k holds distances from k * width to (k + 1) * width */
  double width;    /* length units */
  double *value;   /* [shell] */
  double *lo, *hi; /* [shell]: 95 % interval of the value, from resampled runs */
} fcast_radial;

/* Zeroed values and intervals. Owner: the caller, fcast_radial_clear. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_radial_create(size_t n_shells, double width, fcast_radial *out,
                                                            fcast_error *err);
FCAST_API void fcast_radial_clear(fcast_radial *radial);

/* A learned number with its 95 % interval. */
typedef struct fcast_estimate {
  double value, lo, hi;
} fcast_estimate;

typedef enum fcast_field_force {
  FCAST_FIELD_NO_FORCE,
  FCAST_FIELD_STEERING, /* forces turn agents, at constant speed */
  FCAST_FIELD_DRIVING   /* forces change the speed; the direction is that of alignment */
} fcast_field_force;

enum { FCAST_FIELD_TRIES = 5, FCAST_FIELD_MEMBERS = 8 };

/* How wrong forecasts are, from closed-loop forecasts of training runs. The variance of a cell is that of an ensemble
 * of FCAST_FIELD_MEMBERS (fcast_field_spread) times the inflation of its lead, and the floor times the forecast
 * density: what the state and the cells of the density cannot show. */
typedef struct fcast_field_errors {
  size_t n_leads;                 /* 0: nothing is known */
  double floor;                   /* density units */
  double *inflation;              /* [lead] */
  double *polarization_inflation; /* [lead] */
  double *expected_r2;            /* [lead, 3]: p10, median and p90 over the runs of the r2 of a frame */
} fcast_field_errors;

/* Zeroed arrays for some leads. Owner: the caller, fcast_field_errors_clear. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_errors_create(size_t n_leads, fcast_field_errors *out,
                                                                  fcast_error *err);
FCAST_API void fcast_field_errors_clear(fcast_field_errors *errors);

/* variance[n_forecast, cell] of forecasts from the variance of their ensemble, in place; leads beyond those known have
 * the inflation of the last. At least one lead must be known. */
FCAST_API void fcast_field_errors_apply(const fcast_field_errors *errors, const double *prediction, size_t n_forecast,
                                        size_t n_space, double *variance);

typedef struct fcast_field_model {
  fcast_density_options density; /* what is forecast */
  double interval;               /* between two frames; time units */
  fcast_radial alignment;        /* K; 1 on its plateau */
  fcast_estimate edge;           /* where K ends sharply, or else the radius of the disk of height 1 with its
                                    integral; length units */
  fcast_estimate speed;          /* s0; length per time */
  fcast_estimate order;          /* c, at most 1 */
  fcast_field_force force_kind;
  fcast_radial force;           /* f, positive away from a neighbour. Driving: change of speed in one frame; steering:
                                   up to a factor, largest magnitude 1 */
  fcast_estimate steering;      /* mu */
  double state_bandwidth;       /* standard deviation of the kernel of the state; length units */
  int64_t state_nx, state_ny;   /* cells of its grid */
  size_t n_runs, n_transitions; /* learned from */
  size_t n_tried;               /* bandwidths of the state that were compared on training runs */
  double tried_bandwidth[FCAST_FIELD_TRIES];      /* length units */
  double tried_r2[FCAST_FIELD_TRIES];             /* mean over runs, forecast frames only */
  double tried_standard_error[FCAST_FIELD_TRIES]; /* over runs */
  fcast_field_errors errors;
} fcast_field_model;

/* Whether the tracks tell of any neighbour: K has more than its first shell, which is 1 whatever the tracks are. Where
 * all are aligned anyway, they do not tell who is heeded. */
static inline bool fcast_field_has_neighbours(const fcast_field_model *model) {
  return model->alignment.n_shells > 1;
}

/* Free the arrays and zero the struct; an empty struct is allowed. */
FCAST_API void fcast_field_model_clear(fcast_field_model *model);

/* FCAST_OK where the model can forecast: sizes, finite numbers, shells that fit the box. Errors: FCAST_E_SHAPE,
 * FCAST_E_NUMERIC, saying which member. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_model_check(const fcast_field_model *model, fcast_error *err);

/* What a model needs at every step, made once: the kernels on the grid of the state. Opaque, and never changed by a
 * forecast: threads may share it. Borrows the model. */
typedef struct fcast_field_plan fcast_field_plan;

/* Errors: those of the check, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_plan_create(const fcast_field_model *model, fcast_field_plan **out,
                                                                fcast_error *err);
FCAST_API void fcast_field_plan_destroy(fcast_field_plan *plan);

/* Forecast from frame `frame` of some tracks with velocities: prediction[n_forecast, ny, nx] gets the density of the
 * frames after it; polarization[n_forecast], where it is not NULL, that of the field. The sum of a prediction times the
 * cell area is the number of agents to rounding in a periodic box (at walls it is as the density's own, see
 * flockcast/density.h), and no value is negative. Thread-safe. Errors: FCAST_E_ARG without velocities; FCAST_E_SHAPE
 * where the frame is not there; FCAST_E_NUMERIC where the model moves something half the box in one step or to nowhere,
 * saying in which; FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_forecast(const fcast_field_plan *plan, const fcast_tracks *tracks,
                                                             size_t frame, size_t n_forecast, double *prediction,
                                                             double *polarization, fcast_error *err);

/* The density of frame `frame` as the state shows it, with no step taken: out[ny, nx]. What it lacks of the true
 * density is what no forecast by this state can have. Thread-safe. Errors: as above. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_reconstruct(const fcast_field_plan *plan,
                                                                const fcast_tracks *tracks, size_t frame, double *out,
                                                                fcast_error *err);

/* The spread of an ensemble whose members have other noise in the headings, as strong as the order says, and the same
 * state: variance[n_forecast, ny, nx] of the density and polarization_variance[n_forecast]. The noise is a smooth
 * random field, independent from step to step and member to member, a pure function of (seed, member, step).
 * Thread-safe. Errors: FCAST_E_ARG for fewer than 2 members; those of fcast_field_forecast. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_spread(const fcast_field_plan *plan, const fcast_tracks *tracks,
                                                           size_t frame, size_t n_forecast, size_t n_members,
                                                           uint64_t seed, double *variance,
                                                           double *polarization_variance, fcast_error *err);

#ifdef __cplusplus
}
#endif
#endif
