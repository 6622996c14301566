/* SPDX-License-Identifier: MIT
 *
 * Panels: what is drawn both as a figure of its own and as a part of the summary. Each sets the ranges and labels of
 * `axes` that are not set yet, draws them into `outer` with everything in them, and says in `legend` what that is.
 */
#ifndef FLOCKCAST_RENDER_PANELS_H
#define FLOCKCAST_RENDER_PANELS_H

#include "render/view.h"

/* r2 of single frames against lead time. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__panel_leads(fcast__axes *axes, fcast__box outer, fcast__legend *legend,
                                                 const fcast_run_view *runs, size_t n_runs, fcast_error *err);

/* r2 of runs by type. */
void fcast__panel_types(fcast__axes *axes, fcast__box outer, fcast__legend *legend, const fcast_run_view *runs,
                        size_t n_runs);

/* What the field model has learned, against distance; `true_radius` may be nan. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__panel_kernel(fcast__axes *axes, fcast__box outer, fcast__legend *legend,
                                                  const fcast_field_model *model, double true_radius, fcast_error *err);

/* Cumulated energy of a basis. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__panel_energy(fcast__axes *axes, fcast__box outer, fcast__legend *legend,
                                                  const fcast_pod *pod, fcast_error *err);

#endif
