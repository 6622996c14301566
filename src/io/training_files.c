/* SPDX-License-Identifier: MIT */
#include "io/training_files.h"

#include "flockcast/array.h"
#include "io/json_file.h"

#include <stdio.h>
#include <string.h>

enum { CHECKSUM_TEXT = 32 };
static const char report_name[] = "training_metadata.json";

/* What training writes beside its report. */
static const struct {
  const char *name;
  bool is_table;
  bool is_ours_alone;  /* older scripts write none of this name */
  const char *section; /* of the report, which has it where the file is there; NULL: the file is always there */
} model_files[] = {
    {"pod_model.npz", false, false, NULL},         {"mvar_model.npz", false, false, NULL},
    {"pod_selected.npz", false, true, "selected"}, {"mvar_selected.npz", false, true, "selected"},
    {"field_model.npz", false, true, "field"},     {"selection.csv", true, true, "selected"},
    {"eigenvalues.csv", true, true, NULL},         {"index_mapping.csv", true, false, NULL},
};
enum { N_MODEL_FILES = sizeof model_files / sizeof model_files[0] };

/* --- the list --- */

static void checksum_text(const fcast_file_mark *mark, char text[CHECKSUM_TEXT]) {
  (void)snprintf(text, CHECKSUM_TEXT, "fnv1a:%016llx", (unsigned long long)mark->hash);
}

static fcast_status list_file(const fcast_outfile *file, json_t *list, fcast_error *err) {
  fcast_file_mark mark;
  char checksum[CHECKSUM_TEXT];
  const char *slash = strrchr(file->final_path, '/');
  const fcast_status status = fcast_file_mark_read(file->temporary_path, &mark, err);
  if (status != FCAST_OK) {
    return status;
  }
  checksum_text(&mark, checksum);
  json_t *entry = json_pack("{s:I, s:s}", "bytes", (json_int_t)mark.n_bytes, "checksum", checksum);
  return json_object_set_new(list, slash == NULL ? file->final_path : slash + 1, entry) == 0
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", file->final_path);
}

fcast_status fcast_training_list_files(const fcast_outfile *files, size_t n_files, json_t **out, fcast_error *err) {
  json_t *list = json_object();
  fcast_status status = list == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a list of files") : FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < n_files; i++) {
    status = list_file(&files[i], list, err);
  }
  if (status != FCAST_OK) {
    json_decref(list);
    list = NULL;
  }
  *out = list;
  return status;
}

/* --- reading --- */

static fcast_status look(const char *models_dir, const char *name, bool *is_there, fcast_error *err) {
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  const fcast_status status = fcast_path_look_in(models_dir, name, &kind, err);
  *is_there = kind != FCAST_PATH_NOTHING;
  return status;
}

/* Without the report nothing may be there that is always written with one. */
static fcast_status require_none_of_ours(const char *models_dir, fcast_error *err) {
  for (size_t i = 0; i < N_MODEL_FILES; i++) {
    bool is_there = false;
    const fcast_status status =
        model_files[i].is_ours_alone ? look(models_dir, model_files[i].name, &is_there, err) : FCAST_OK;
    if (status != FCAST_OK) {
      return status;
    }
    if (is_there) {
      return fcast_fail(err, FCAST_E_MISSING,
                        "%s/%s: not there, expected beside %s, as it is written last: the training did not end, or not "
                        "all of it was fetched: train again, or fetch all of %s",
                        models_dir, report_name, model_files[i].name, models_dir);
    }
  }
  return FCAST_OK;
}

fcast_status fcast_training_read(const char *models_dir, json_t **report, fcast_error *err) {
  fcast_error missing;
  char *path = fcast_format("%s/%s", models_dir, report_name);
  *report = NULL;
  if (path == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", models_dir);
  }
  fcast_status status = fcast_json_read(path, report, &missing);
  if (status == FCAST_E_MISSING) {
    status = require_none_of_ours(models_dir, err);
  } else if (status != FCAST_OK) {
    status = fcast_fail(err, status, "%s", missing.text);
  }
  fcast_free(path);
  return status;
}

/* --- checking --- */

static fcast_status fail_presence(const char *models_dir, const char *name, bool is_there, fcast_error *err) {
  return is_there ? fcast_fail(err, FCAST_E_FORMAT,
                               "%s/%s: is there, expected nothing: %s does not know it, it is of another training: "
                               "remove it, or train again",
                               models_dir, name, report_name)
                  : fcast_fail(err, FCAST_E_MISSING,
                               "%s/%s: not there, expected as %s says: train again, or fetch all of %s", models_dir,
                               name, report_name, models_dir);
}

static fcast_status check_content(const char *models_dir, const char *name, const json_t *listed, fcast_error *err) {
  fcast_file_mark mark;
  char found[CHECKSUM_TEXT];
  const json_int_t n_bytes = json_integer_value(json_object_get(listed, "bytes"));
  const char *expected = json_string_value(json_object_get(listed, "checksum"));
  char *path = fcast_format("%s/%s", models_dir, name);
  fcast_status status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", models_dir)
                                     : fcast_file_mark_read(path, &mark, err);
  if (status == FCAST_OK) {
    checksum_text(&mark, found);
    if (expected == NULL || strcmp(found, expected) != 0 || n_bytes != (json_int_t)mark.n_bytes) {
      status = fcast_fail(err, FCAST_E_FORMAT,
                          "%s: found %llu bytes with checksum %s, expected %lld with %.40s as %s says: of another "
                          "training, or changed since: train again, or fetch all of %s (where that was meant, delete "
                          "\"files\" and \"checksum\" there)",
                          path, (unsigned long long)mark.n_bytes, found, (long long)n_bytes,
                          expected != NULL ? expected : "none", report_name, models_dir);
    }
  }
  fcast_free(path);
  return status;
}

/* Against the list, or, where the report has none, against the sections that it has for the models that may be there.
 */
static fcast_status check_file(const char *models_dir, size_t i, const json_t *report, bool is_quick,
                               fcast_error *err) {
  const char *name = model_files[i].name;
  const char *section = model_files[i].section;
  const json_t *list = json_object_get(report, "files");
  const json_t *listed = json_object_get(list, name);
  const bool is_expected = list != NULL ? listed != NULL : section == NULL || json_object_get(report, section) != NULL;
  bool is_there = false;
  fcast_status status = look(models_dir, name, &is_there, err);
  if (status == FCAST_OK && is_there != is_expected && (list != NULL || section != NULL)) {
    status = fail_presence(models_dir, name, is_there, err);
  }
  return status == FCAST_OK && listed != NULL && !is_quick ? check_content(models_dir, name, listed, err) : status;
}

static fcast_status check_files(const char *models_dir, const json_t *report, const fcast_training_demand *demand,
                                fcast_error *err) {
  const json_t *list = json_object_get(report, "files");
  if (list != NULL && !json_is_object(list)) {
    return fcast_fail(err, FCAST_E_FORMAT, "%s/%s: files: expected an object", models_dir, report_name);
  }
  if (report == NULL) {
    return require_none_of_ours(models_dir, err); /* again: a training may have begun since */
  }
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < N_MODEL_FILES; i++) {
    if (demand->with_tables || !model_files[i].is_table) {
      status = check_file(models_dir, i, report, demand->is_quick, err);
    }
  }
  return status;
}

fcast_status fcast_training_check_files(const char *models_dir, const json_t *report,
                                        const fcast_training_demand *demand, fcast_status so_far, fcast_error *err) {
  if (so_far != FCAST_OK && so_far != FCAST_E_SHAPE) {
    return so_far;
  }
  const fcast_status status = check_files(models_dir, report, demand, err);
  return status == FCAST_OK ? so_far : status;
}
