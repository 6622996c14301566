/* SPDX-License-Identifier: MIT
 *
 * The files of a chosen model: pod_selected.npz and mvar_selected.npz, which hold the members of pod_model.npz and
 * mvar_model.npz and what the state and its choice need beside them (docs/formats.md).
 */
#ifndef FLOCKCAST_IO_LATENT_FILES_H
#define FLOCKCAST_IO_LATENT_FILES_H

#include "flockcast/latent.h"
#include "flockcast/select.h"
#include "flockcast/uncertainty.h"
#include "io/file.h"

/* A chosen model and the search it comes from. Owner: the caller, fcast_chosen_clear. */
typedef struct fcast_chosen {
  fcast_latent model;
  fcast_selection selection;     /* candidates, best and chosen; read from a file, without the judged runs */
  double box_x, box_y;           /* length units; 0 with POD modes */
  fcast_uncertainty uncertainty; /* n_leads = 0 where the file says nothing of it */
} fcast_chosen;

/* Write both files into the temporary files of their paths, which the caller commits or abandons; both are empty on
 * failure. Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_chosen_put(const char *pod_path, const char *mvar_path, const fcast_chosen *chosen,
                                               fcast_outfile files[2], fcast_error *err);

/* Read both; all values must be finite, shapes agree, and the Fourier modes be those of their wavevectors. Errors:
 * FCAST_E_MISSING, FCAST_E_FORMAT, FCAST_E_SHAPE, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_chosen_read(const char *pod_path, const char *mvar_path, fcast_chosen *out,
                                                fcast_error *err);
/* Read the chosen model in a directory of models, where there is one: `is_there` says so. It is an error that one of
 * its two files is there without the other. Errors: as above. */
FCAST_MUST_CHECK fcast_status fcast_chosen_find(const char *models_dir, fcast_chosen *out, bool *is_there,
                                                fcast_error *err);
void fcast_chosen_clear(fcast_chosen *chosen);

#endif
