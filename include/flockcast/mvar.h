/* SPDX-License-Identifier: MIT
 *
 * Learn and forecast: multivariate autoregression of the POD coefficients.
 *
 * y_t = sum_i A_i y_{t-i}, fitted by ridge regression on windows of p + 1 consecutive frames of one run.
 * Sources: Luetkepohl 2005, chapter 3; Hoerl and Kennard 1970; docs/method.md, "MVAR" and "Forecasts".
 */
#ifndef FLOCKCAST_MVAR_H
#define FLOCKCAST_MVAR_H

#include "flockcast/array.h"
#include "flockcast/pod.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A model. Owner: whoever fitted or read it calls fcast_mvar_clear. */
typedef struct fcast_mvar {
  size_t lag;           /* p */
  size_t n_modes;       /* r */
  double *coefficients; /* A: [lag, mode out, mode in]; A[0] acts on the last frame */
  double ridge_alpha;
  size_t n_windows; /* training windows; 0 where a file does not say */
  double condition; /* estimated 1-norm condition number of the ridge matrix; 0 where a file does not say */
  double train_r2;  /* one-step, against the mean of each mode */
  double train_rmse;
  double spectral_radius; /* of the companion matrix (spectrum.h); 0 until somebody computes it */
} fcast_mvar;

/* Fit a model of lag `lag` (>= 1) with ridge penalty `ridge_alpha` (>= 0) on all coefficients. Windows never cross from
 * one run into the next; runs may differ in length, and runs of at most `lag` frames give no window. The source is read
 * twice. Results do not depend on the number of threads. `out` is allocated here; the caller clears it; empty on
 * failure. Errors: FCAST_E_ARG; FCAST_E_SHAPE where no run is long enough; FCAST_E_NOMEM; FCAST_E_NUMERIC where the
 * ridge matrix is not positive definite in float64; those of the source. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_mvar_fit(const fcast_series_source *source, size_t lag,
                                                       double ridge_alpha, fcast_mvar *out, fcast_error *err);

/* Closed loop, for several runs at once: from known[run, lag, mode], the oldest frame first, roll the model out for
 * n_forecast frames into out[run, n_forecast, mode]. A run's forecast does not depend on the others. Values that
 * overflow stay as they come (inf, nan): the caller looks. Thread-safe. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_mvar_rollout(const fcast_mvar *mvar, const double *known, size_t n_runs,
                                                           size_t n_forecast, double *out, fcast_error *err);

/* Free the arrays and zero the struct; an empty struct is allowed. */
FCAST_API void fcast_mvar_clear(fcast_mvar *mvar);

/* Forecasts of several density runs frames[run, n_frames, cell] from their first `lag` frames: project, roll out, lift.
 * prediction[run, n_frames - lag, cell] gets them, projection of the same shape the true frames projected on the modes,
 * the best any model on this basis could do. Thread-safe. Errors: FCAST_E_SHAPE where basis and model differ in modes,
 * or no frame is left to forecast; FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_forecast_densities(const fcast_pod *pod, const fcast_mvar *mvar,
                                                                 const double *frames, size_t n_runs, size_t n_frames,
                                                                 double *prediction, double *projection,
                                                                 fcast_error *err);

#ifdef __cplusplus
}
#endif
#endif
