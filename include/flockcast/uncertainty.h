/* SPDX-License-Identifier: MIT
 *
 * Learn, forecast and evaluate: how far a density forecast is from the truth, as the model itself says and as runs say
 * that it was not fitted to.
 *
 * A linear model with Gaussian residuals has Gaussian forecasts: infinitely many members, each with residuals of its
 * own, have the closed loop for their mean and at lead h the covariance C_h = sum_{j < h} Psi_j Sigma Psi_j^T, where
 * Sigma is that of the residuals and Psi_j the moving-average matrices (Luetkepohl 2005, sections 2.1.2 and 2.2.2).
 * Held-out runs then say by which factor the real error is larger, and how it grows with the forecast density.
 */
#ifndef FLOCKCAST_UNCERTAINTY_H
#define FLOCKCAST_UNCERTAINTY_H

#include "flockcast/latent.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Covariance of the one-step residuals of a model over all windows of a source of its states, about zero:
 * covariance[mode, mode]. Results do not depend on the number of threads. Errors: FCAST_E_SHAPE where source and model
 * differ in modes or no run is longer than the lag; FCAST_E_NOMEM; those of the source. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_mvar_residual_covariance(const fcast_series_source *source,
                                                                       const fcast_mvar *mvar, double *covariance,
                                                                       fcast_error *err);

/* C_h of a model with residuals of covariance[mode, mode], for the leads h = 1 to n_leads:
 * forecast_covariance[n_leads, mode, mode]. Values that overflow stay as they come. Results do not depend on the number
 * of threads. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_mvar_forecast_covariance(const fcast_mvar *mvar, const double *covariance,
                                                                       size_t n_leads, double *forecast_covariance,
                                                                       fcast_error *err);

/* Density variance of a latent model's forecasts inside its modes, the mean over cells, density units squared:
 * variance[n_leads]. As modes are orthonormal it is the sum of the variances of the density's modes over the number of
 * cells; with Fourier modes every cell has this very variance. `covariance` of the residuals: [r, r] with POD modes;
 * [shell, field, field], of one mode, with Fourier modes. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_latent_variance(const fcast_latent *model, const double *covariance,
                                                              size_t n_leads, double *variance, fcast_error *err);

/* Blocks of the residual covariance of a model, and the rows of each: shells and fields with Fourier modes, 1 and r
 * with POD modes. */
FCAST_API void fcast_latent_blocks(const fcast_state *state, size_t *n_blocks, size_t *n_rows);

/* What is known of the error of a chosen model's forecasts. Owner: the caller, fcast_uncertainty_clear. */
typedef struct fcast_uncertainty {
  size_t n_leads;              /* 0: nothing is known */
  double *residual_covariance; /* [block, row, row], see fcast_latent_blocks */
  double *calibration;         /* [lead]: mean squared error of held-out runs over the variance the model predicts */
  double *std;                 /* [lead]: root of the calibrated variance, the mean over cells; density units */
  double *spread;              /* [lead, 2]: variance of a cell = spread[0] + spread[1] * max(forecast density, 0) */
  double *held_out_r2;         /* [lead, 3]: p10, median and p90 over held-out runs of the r2 of a frame */
} fcast_uncertainty;

/* Allocate the arrays, zeroed, for the leads and the blocks of a model. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_uncertainty_create(const fcast_state *state, size_t n_leads,
                                                                 fcast_uncertainty *out, fcast_error *err);

/* Free the arrays and zero the struct; an empty struct is allowed. */
FCAST_API void fcast_uncertainty_clear(fcast_uncertainty *uncertainty);

/* Sums over cells of squared errors and densities, to find the spread from. Start from zero; add sums member by
 * member. */
typedef struct fcast_spread_sums {
  double n_cells;
  double density, density_square; /* of max(forecast, 0) and its square */
  double error, error_density;    /* of the squared error, and of its product with max(forecast, 0) */
} fcast_spread_sums;

/* Add the cells of one frame. */
FCAST_API void fcast_spread_add(const double *truth, const double *prediction, size_t n_space, fcast_spread_sums *sums);

/* spread[0] + spread[1] * max(forecast, 0): least squares of the squared error on the forecast density, with the mean
 * of the squared error kept, and neither number negative. */
FCAST_API void fcast_spread_fit(const fcast_spread_sums *sums, double spread[2]);

/* Continuous ranked probability score of a Gaussian forecast, in the units of its mean; smaller is better. With
 * std = 0 it is the absolute error. Source: Gneiting and Raftery 2007, section 4.2. */
FCAST_API double fcast_crps_gaussian(double mean, double std, double truth);

/* How a run's Gaussian forecasts did, means over cells and forecast frames. */
typedef struct fcast_interval_scores {
  double crps;
  double crps_persistence;         /* of the last known frame held: its mean absolute error */
  double coverage_50, coverage_90; /* share of cells inside the central intervals */
  double mean_std;                 /* density units */
} fcast_interval_scores;

/* variance[n_forecast, cell] by the spread of each lead; leads beyond those known have that of the last. At least one
 * lead must be known. */
FCAST_API void fcast_uncertainty_apply(const fcast_uncertainty *uncertainty, const double *prediction,
                                       size_t n_forecast, size_t n_space, double *variance);

/* Score prediction[n_forecast, cell] with variance[n_forecast, cell] against truth[n_known + n_forecast, cell].
 * Thread-safe. Errors: FCAST_E_SHAPE where no frame is known or to be scored. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_interval_scores_compute(const double *truth, size_t n_known,
                                                                      const double *prediction, const double *variance,
                                                                      size_t n_forecast, size_t n_space,
                                                                      fcast_interval_scores *out, fcast_error *err);

#ifdef __cplusplus
}
#endif
#endif
