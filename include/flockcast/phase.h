/* SPDX-License-Identifier: MIT
 *
 * Evaluate: an order parameter in its stationary state, from several runs at one point of a phase diagram.
 *
 * Mean, susceptibility N (<m^2> - <m>^2) and Binder cumulant 1 - <m^4> / (3 <m^2>^2), where <> is the mean over the
 * frames of a run and then over runs. Standard errors are over runs, by the jackknife (Efron and Tibshirani 1993,
 * chapter 11), since the frames of one run are not independent. Source: Chate, Ginelli, Gregoire and Raynaud 2008,
 * section II.
 */
#ifndef FLOCKCAST_PHASE_H
#define FLOCKCAST_PHASE_H

#include "flockcast/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one run says of an order parameter. */
typedef struct fcast_phase_run {
  size_t n_frames;
  double m1, m2, m4; /* means over frames of the value, its square and its fourth power */
  double drift;      /* mean of the second half of the frames minus that of the first; nan for one frame */
} fcast_phase_run;

/* Of values[n], the stationary frames of a run, at least one. */
FCAST_API fcast_phase_run fcast_phase_of_run(const double *values, size_t n);

/* A value and its standard error over runs; nan where there is one run. */
typedef struct fcast_measured {
  double value, error;
} fcast_measured;

typedef struct fcast_phase {
  fcast_measured mean;
  fcast_measured variance;       /* <m^2> - <m>^2 */
  fcast_measured susceptibility; /* N times the variance */
  fcast_measured binder;         /* 2/3 in an ordered state; 1/3 for the length of a Gaussian vector in the plane */
  fcast_measured drift; /* several of its errors away from 0: the frames counted are not those of a stationary state */
} fcast_phase;

/* From the runs[n_runs], at least one, of `n_agents` agents. */
FCAST_API fcast_phase fcast_phase_of_runs(const fcast_phase_run *runs, size_t n_runs, double n_agents);

#ifdef __cplusplus
}
#endif
#endif
