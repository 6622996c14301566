/* SPDX-License-Identifier: MIT */
#include "cli/all_models.h"

#include "flockcast/array.h"
#include "io/file.h"
#include "io/training_files.h"

static fcast_status look(const char *oscar_dir, const char *name, bool *is_there, fcast_error *err) {
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  char *path = fcast_format("%s/models/%s", oscar_dir, name);
  const fcast_status status =
      path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir) : fcast_path_look(path, &kind, err);
  *is_there = kind != FCAST_PATH_NOTHING;
  fcast_free(path);
  return status;
}

/* What is there comes from `train`; who has none yet is told so. */
static fcast_status require(const char *oscar_dir, const char *name, fcast_error *err) {
  bool is_there = false;
  const fcast_status status = look(oscar_dir, name, &is_there, err);
  return status != FCAST_OK || is_there
             ? status
             : fcast_fail(err, FCAST_E_MISSING,
                          "%s/models/%s: not there, expected the model that 'flockcast train --train_dir %s/training "
                          "--output_dir %s/models' makes",
                          oscar_dir, name, oscar_dir, oscar_dir);
}

fcast_status fcast_models_look(const char *oscar_dir, const json_t *report, bool with_tables, size_t *n_models,
                               fcast_error *err) {
  const fcast_training_demand demand = {.with_tables = with_tables, .is_quick = true};
  bool has_chosen = false;
  bool has_field = false;
  char *models = fcast_format("%s/models", oscar_dir);
  fcast_status status = models == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                       : fcast_training_check_files(models, report, &demand, FCAST_OK, err);
  status = status == FCAST_OK ? require(oscar_dir, "pod_model.npz", err) : status;
  status = status == FCAST_OK ? require(oscar_dir, "mvar_model.npz", err) : status;
  status = status == FCAST_OK ? look(oscar_dir, "pod_selected.npz", &has_chosen, err) : status;
  status = status == FCAST_OK ? look(oscar_dir, "field_model.npz", &has_field, err) : status;
  *n_models = (size_t)1 + has_chosen + has_field;
  fcast_free(models);
  return status;
}
