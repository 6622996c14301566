/* SPDX-License-Identifier: MIT */
#include "cli/all_models.h"

#include "flockcast/array.h"
#include "io/field_file.h"
#include "io/file.h"
#include "io/model_files.h"
#include "io/training_files.h"

/* What is there comes from `train`; who has none yet is told so. `name` begins with "models/". */
static fcast_status require(const char *oscar_dir, const char *name, fcast_error *err) {
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  const fcast_status status = fcast_path_look_in(oscar_dir, name, &kind, err);
  return status != FCAST_OK || kind != FCAST_PATH_NOTHING
             ? status
             : fcast_fail(err, FCAST_E_MISSING,
                          "%s/%s: not there, expected the model that 'flockcast train --train_dir %s/training "
                          "--output_dir %s/models' makes",
                          oscar_dir, name, oscar_dir, oscar_dir);
}

/* --- reading --- */

static fcast_status read_specified(const char *oscar_dir, fcast_models *out, fcast_error *err) {
  char *pod_path = fcast_format("%s/models/pod_model.npz", oscar_dir);
  char *mvar_path = fcast_format("%s/models/mvar_model.npz", oscar_dir);
  fcast_status status = pod_path == NULL || mvar_path == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                            : require(oscar_dir, "models/pod_model.npz", err);
  if (status == FCAST_OK) {
    status = fcast_pod_read(pod_path, &out->pod, err);
  }
  if (status == FCAST_OK) {
    status = fcast_mvar_read(mvar_path, &out->mvar, err);
  }
  fcast_free(pod_path);
  fcast_free(mvar_path);
  return status;
}

/* Those that training may leave out. */
static fcast_status read_others(const char *oscar_dir, fcast_models *out, fcast_error *err) {
  char *models = fcast_format("%s/models", oscar_dir);
  fcast_status status = models == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                       : fcast_chosen_find(models, &out->chosen, &out->has_chosen, err);
  if (status == FCAST_OK) {
    status = fcast_field_find(models, &out->field, &out->has_field, err);
  }
  fcast_free(models);
  return status;
}

static fcast_status compare(const char *oscar_dir, const fcast_models *all, fcast_error *err) {
  const fcast_latent *chosen = &all->chosen.model;
  const size_t field_space = (size_t)(all->field.density.nx * all->field.density.ny);
  if (all->pod.n_modes != all->mvar.n_modes) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/models/mvar_model.npz: r is %zu, expected %zu, the modes of pod_model.npz", oscar_dir,
                      all->mvar.n_modes, all->pod.n_modes);
  }
  if (all->has_chosen && chosen->state.pods[0].n_space != all->pod.n_space) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/models/pod_selected.npz: U: found %zu cells, expected %zu as in pod_model.npz", oscar_dir,
                      chosen->state.pods[0].n_space, all->pod.n_space);
  }
  if (all->has_chosen && chosen->mvar.lag > all->mvar.lag) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/models/mvar_selected.npz: p: found %zu, expected at most %zu, the known frames of "
                      "mvar_model.npz",
                      oscar_dir, chosen->mvar.lag, all->mvar.lag);
  }
  if (all->has_field && field_space != all->pod.n_space) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/models/field_model.npz: cells: found %zu, expected %zu as in pod_model.npz", oscar_dir,
                      field_space, all->pod.n_space);
  }
  return FCAST_OK;
}

fcast_status fcast_models_read(const char *oscar_dir, fcast_models *out, fcast_error *err) {
  *out = (fcast_models){0};
  fcast_status status = read_specified(oscar_dir, out, err);
  if (status == FCAST_OK) {
    status = read_others(oscar_dir, out, err);
  }
  if (status == FCAST_OK) {
    status = compare(oscar_dir, out, err);
  }
  if (status != FCAST_OK) {
    fcast_models_clear(out);
  }
  return status;
}

size_t fcast_models_count(const fcast_models *models) {
  return (size_t)1 + models->has_chosen + models->has_field;
}

void fcast_models_clear(fcast_models *models) {
  fcast_field_model_clear(&models->field);
  fcast_chosen_clear(&models->chosen);
  fcast_mvar_clear(&models->mvar);
  fcast_pod_clear(&models->pod);
  *models = (fcast_models){0};
}

/* --- looking --- */

fcast_status fcast_models_look(const char *oscar_dir, const json_t *report, bool with_tables, size_t *n_models,
                               fcast_error *err) {
  const fcast_training_demand demand = {.with_tables = with_tables, .is_quick = true};
  fcast_path_kind chosen = FCAST_PATH_NOTHING;
  fcast_path_kind field = FCAST_PATH_NOTHING;
  char *models = fcast_format("%s/models", oscar_dir);
  fcast_status status = models == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                       : fcast_training_check_files(models, report, &demand, FCAST_OK, err);
  status = status == FCAST_OK ? require(oscar_dir, "models/pod_model.npz", err) : status;
  status = status == FCAST_OK ? require(oscar_dir, "models/mvar_model.npz", err) : status;
  status = status == FCAST_OK ? fcast_path_look_in(oscar_dir, "models/pod_selected.npz", &chosen, err) : status;
  status = status == FCAST_OK ? fcast_path_look_in(oscar_dir, "models/field_model.npz", &field, err) : status;
  *n_models = (size_t)1 + (chosen != FCAST_PATH_NOTHING) + (field != FCAST_PATH_NOTHING);
  fcast_free(models);
  return status;
}
