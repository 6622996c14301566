/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include "cli/command.h"
#include "io/json_file.h"
#include "io/provenance.h"

#include <string.h>

/* Where and when is nobody's business who gets the page by mail: the host stays out. */
static json_t *without_host(json_t *provenance) {
  json_t *out = json_is_object(provenance) ? json_copy(provenance) : json_null();
  if (json_is_object(out)) {
    (void)json_object_del(out, "host");
  }
  return out;
}

/* The provenance in a metadata file; null where it says nothing. */
static fcast_status read_provenance(const char *path, json_t **out, fcast_error *err) {
  json_t *metadata = NULL;
  const fcast_status status = fcast_json_read(path, &metadata, err);
  *out = without_host(json_object_get(metadata, "provenance"));
  json_decref(metadata);
  return status == FCAST_E_MISSING ? FCAST_OK : status;
}

/* The file beside the data where it is there: it has the comments and the order somebody wrote. */
static fcast_status read_config(const char *oscar_dir, json_t **out, fcast_error *err) {
  unsigned char *bytes = NULL;
  size_t n = 0;
  char *path = fcast_format("%s/config.yml", oscar_dir);
  fcast_status status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                     : fcast_file_read(path, (size_t)1 << 20, &bytes, &n, err);
  *out = status == FCAST_OK ? json_stringn((const char *)bytes, n) : NULL;
  *out = *out == NULL ? json_null() : *out;
  fcast_free(bytes);
  fcast_free(path);
  return status == FCAST_E_MISSING || status == FCAST_E_FORMAT ? FCAST_OK : status;
}

typedef struct origin {
  json_t *config, *training, *test, *page;
} origin;

static fcast_status read_origin(const fcast_evaluation *evaluation, const char *oscar_dir, origin *out,
                                fcast_error *err) {
  char *test = fcast_format("%s/metadata.json", evaluation->runs[0].directory);
  json_t *now = fcast_provenance_json(fcast_clock_wall(), fcast_clock_monotonic());
  fcast_status status = test == NULL || now == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                                    : read_config(oscar_dir, &out->config, err);
  if (status == FCAST_OK) {
    status = read_provenance(test, &out->test, err);
  }
  out->training = without_host(evaluation->trained_on.provenance);
  out->page = without_host(now);
  json_decref(now);
  fcast_free(test);
  return status;
}

json_t *fcast_page_origin(const fcast_evaluation *evaluation, const char *oscar_dir, fcast_error *err) {
  const fcast_run_facts *facts = &evaluation->runs[0].facts;
  origin found = {0};
  if (read_origin(evaluation, oscar_dir, &found, err) != FCAST_OK) {
    json_decref(found.config);
    json_decref(found.training);
    json_decref(found.test);
    json_decref(found.page);
    return NULL;
  }
  return json_pack("{s:o, s:O?, s:s, s:b, s:o, s:o, s:o}", "config_text", found.config, "config", facts->config,
                   "config_hash", facts->config_hash, "is_recorded", (int)facts->is_recorded, "training",
                   found.training, "test", found.test, "page", found.page);
}
