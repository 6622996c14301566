/* SPDX-License-Identifier: MIT
 *
 * Panels: what is drawn both as a figure of its own and as a part of the summary. Each sets the ranges and labels of
 * `axes`, draws them into `outer` with everything in them, and says in `legend` what that is.
 */
#ifndef FLOCKCAST_RENDER_PANELS_H
#define FLOCKCAST_RENDER_PANELS_H

#include "render/image.h"
#include "render/view.h"

/* r2 of single frames against lead time; with_marks: the horizon and what training expects, too. Errors: FCAST_E_NOMEM.
 */
FCAST_MUST_CHECK fcast_status fcast__panel_leads(fcast__axes *axes, fcast__box outer, fcast__legend *legend,
                                                 const fcast_run_view *runs, size_t n_runs, bool with_marks,
                                                 fcast_error *err);

/* r2 of runs by type. */
void fcast__panel_types(fcast__axes *axes, fcast__box outer, fcast__legend *legend, const fcast_run_view *runs,
                        size_t n_runs);

/* What the field model has learned, against distance; `true_radius` may be nan. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__panel_kernel(fcast__axes *axes, fcast__box outer, fcast__legend *legend,
                                                  const fcast_field_model *model, double true_radius, fcast_error *err);

/* The last known frame and others evenly to the end, n_most (at least 2) at most; returns how many. */
size_t fcast__snapshot_frames(const fcast_run_view *run, size_t n_most, size_t *frames);

/* The true or the forecast density of a frame; a frame that is known is the truth. */
fcast__field fcast__snapshot_of(const fcast_run_view *run, size_t frame, bool is_forecast);

/* Cumulated energy of a basis; a label of y that is there stays. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__panel_energy(fcast__axes *axes, fcast__box outer, fcast__legend *legend,
                                                  const fcast_pod *pod, fcast_error *err);

#endif
