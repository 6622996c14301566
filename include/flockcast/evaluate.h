/* SPDX-License-Identifier: MIT
 *
 * Evaluate: scores of a forecast beside honest baselines, and order parameters of a flock.
 *
 * Source: docs/method.md, "Scores" and "Order parameters".
 */
#ifndef FLOCKCAST_EVALUATE_H
#define FLOCKCAST_EVALUATE_H

#include "flockcast/array.h"
#include "flockcast/pod.h"
#include "flockcast/simulate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Scores of one run over its forecast frames (frame n_known onward). Owner: the caller, fcast_scores_clear. */
typedef struct fcast_scores {
  size_t n_known;         /* frames given to the model: p */
  size_t n_forecast;      /* frames scored */
  double *e1, *e2, *einf; /* [n_forecast]: |prediction - truth| / |truth| in the 1, 2 and max norm */
  double *e2_persistence; /* [n_forecast]: the 2 norm for the last known frame held */
  double *r2_lead;        /* [n_forecast]: r2 of one frame alone; the same for the last known frame held, and for the */
  double *r2_lead_persistence, *r2_lead_pod; /* truth projected on the modes */
  double r2;                                 /* 1 - SSE / sum |rho - training mean|^2, pooled over frames and cells */
  double r2_padded;                          /* the same with the known frames counted in, as older scripts report it */
  double r2_persistence;                     /* the last known frame held */
  double r2_mean;                            /* the training mean: 0 by definition */
  double r2_pod; /* the truth projected on the modes: the best any model on this basis could reach */
  double skill;  /* (r2 - r2_persistence) / (r2_pod - r2_persistence): 0 as persistence, 1 as the basis allows */
  double median_e1, median_e2, median_einf;
  double p10_e2, p90_e2; /* percentiles, linear interpolation as numpy.percentile */
  size_t horizon;        /* first forecast frame whose own r2 is below FCAST_HORIZON_R2; else n_forecast */
  size_t tau_tol; /* first forecast frame from which the mean of e2 over min(10, n) frames reaches 0.10; else n */
  double rmse;
  double mean_mass_error, max_mass_error; /* |sum prediction - sum truth| / sum truth */
  double min_density;                     /* smallest predicted value */
} fcast_scores;

/* The tolerance of tau_tol and the frames it averages over. */
#define FCAST_TAU_TOLERANCE 0.10
#define FCAST_TAU_WINDOW 10

/* A forecast frame is of use down to this r2. */
#define FCAST_HORIZON_R2 0.5

/* Score prediction[n_frames - n_known, cell] against truth[n_frames, cell]. `projection`, of the shape of the
 * prediction, is the truth projected on the modes (fcast_forecast_densities), and `mean`[cell] the training mean. An
 * exact forecast of a constant truth equal to the mean has r2 = nan (0/0). Thread-safe. Errors: FCAST_E_SHAPE where no
 * frame is left to score (n_known = 0 or n_frames <= n_known); FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_scores_compute(const double *mean, size_t n_space, const double *truth,
                                                             size_t n_frames, size_t n_known, const double *prediction,
                                                             const double *projection, fcast_scores *out,
                                                             fcast_error *err);

/* r2 of any prediction[frame, cell] of truth[frame, cell], pooled over `n_frames` frames; r2_lead[frame] gets that of
 * every single frame. Thread-safe. */
FCAST_API double fcast_r2_of_frames(const double *mean, size_t n_space, const double *truth, const double *prediction,
                                    size_t n_frames, double *r2_lead);

FCAST_API void fcast_scores_clear(fcast_scores *scores);

/* Percentile `q` (0..100) of values[n] with linear interpolation, as numpy.percentile; `scratch` holds n values and is
 * overwritten. n = 0 gives nan. */
FCAST_API double fcast_percentile(const double *values, size_t n, double q, double *scratch);

/* A 95 % interval of the mean: the 2.5 and 97.5 percentiles of the means of 10,000 resamples of values[n], drawn with
 * replacement, the same every time (Efron and Tibshirani 1993, chapter 13), moved away from the mean of the values by
 * the factor t_{n-1} / z sqrt(n / (n - 1)), as resampled means of few values spread too little (Hesterberg 2015, The
 * American Statistician 69, 371). One value is its own interval. Errors: FCAST_E_ARG for n = 0, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_bootstrap_mean(const double *values, size_t n, double *lo, double *hi,
                                                             fcast_error *err);

/* Order parameters of one run. Owner: the caller, fcast_order_params_clear. A member that a file does not hold is NULL.
 */
typedef struct fcast_order_params {
  size_t n_frames;
  double *times;        /* [frame] */
  double *polarization; /* |<v/|v|>| in [0, 1] */
  double *mean_speed;
  double *speed_std;        /* population standard deviation */
  double *nematic;          /* |<exp(2 i theta)>| in [0, 1] */
  double *angular_momentum; /* |sum r x v| / sum |r||v| about the (periodic) centre of mass, in [0, 1] */
} fcast_order_params;

/* Compute all of them from tracks with velocities in a box. A particle at rest has no heading and counts as 0 in
 * polarization and nematic order; one that is not there (nan) counts nowhere, and where nobody is there all are 0.
 * Thread-safe. Errors: FCAST_E_ARG without velocities, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_order_params_compute(const fcast_tracks *tracks, double box_x,
                                                                   double box_y, fcast_boundary boundary,
                                                                   fcast_order_params *out, fcast_error *err);

FCAST_API void fcast_order_params_clear(fcast_order_params *order);

/* Velocities from positions by backward differences, those an agent arrived with, so that no frame knows of a later
 * one; only the first repeats the second. Minimum image where the box is periodic. For files that hold none.
 * tracks->velocities must be allocated. With one frame they are zero. */
FCAST_API void fcast_tracks_differentiate(fcast_tracks *tracks, double box_x, double box_y, fcast_boundary boundary);

#ifdef __cplusplus
}
#endif
#endif
