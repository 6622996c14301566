/* SPDX-License-Identifier: MIT */
#include "cli/summary.h"

#include "base/text.h"
#include "flockcast/array.h"
#include "io/provenance.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the run in the middle --- */

typedef struct ranked {
  double r2;
  size_t run;
} ranked;

static int compare(const void *left, const void *right) {
  const ranked *a = left, *b = right;
  return a->r2 < b->r2 ? -1 : a->r2 > b->r2 ? 1 : a->run < b->run ? -1 : a->run > b->run ? 1 : 0;
}

fcast_status fcast_summary_median(const fcast_evaluation *evaluation, size_t *run, fcast_error *err) {
  ranked *all = fcast_alloc_array(evaluation->n_runs, sizeof *all);
  if (all == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to order %zu runs", evaluation->n_runs);
  }
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const double r2 = evaluation->runs[i].scores[evaluation->shown].r2;
    all[i] = (ranked){isnan(r2) ? -HUGE_VAL : r2, i};
  }
  qsort(all, evaluation->n_runs, sizeof *all, compare);
  *run = all[(evaluation->n_runs - 1) / 2].run;
  fcast_free(all);
  return FCAST_OK;
}

/* --- words --- */

static void put(fcast_buffer *line, const char *format, ...) FCAST_PRINTF(2, 3);

static void put(fcast_buffer *line, const char *format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fcast_buffer_put_text(line, text);
}

static char *finish(fcast_buffer *line) {
  if (line->has_failed) {
    fcast_free(line->bytes);
    return NULL;
  }
  return (char *)line->bytes;
}

static const json_t *value_of(const json_t *config, const char *section, const char *key) {
  return json_object_get(json_object_get(config, section), key);
}

/* "40 particles (vicsek) in a periodic box of 15 x 15, with forces", where the configuration is known. */
static void put_particles(fcast_buffer *line, const fcast_test_run *run) {
  const json_t *config = run->facts.config;
  const json_t *number = value_of(config, "sim", "N");
  const char *model = json_string_value(value_of(config, "model", "type"));
  const char *walls = json_string_value(value_of(config, "sim", "bc"));
  const char *mode = json_string_value(value_of(config, "model", "speed_mode"));
  const bool has_forces =
      json_is_true(value_of(config, "forces", "enabled")) && mode != NULL && strcmp(mode, "constant") != 0;
  if (json_is_integer(number)) {
    put(line, "%lld particles", (long long)json_integer_value(number));
    if (model != NULL) {
      put(line, " (%s%s)", model, has_forces ? " with Morse forces" : "");
    }
    put(line, " in a ");
  } else {
    put(line, "A ");
  }
  const fcast_fields *truth = &run->truth;
  put(line, "%s%sbox of %.4g × %.4g", walls != NULL ? walls : "", walls != NULL ? " " : "",
      truth->x_edges[truth->nx] - truth->x_edges[0], truth->y_edges[truth->ny] - truth->y_edges[0]);
}

enum { MOST_NAMED = 4 };

static void put_runs(fcast_buffer *line, const fcast_evaluation *evaluation) {
  put(line, " · ");
  if (evaluation->trained_on.n_train > 0) {
    put(line, "%zu training and ", evaluation->trained_on.n_train);
  }
  put(line, "%zu test run%s: ", evaluation->n_runs, evaluation->n_runs == 1 ? "" : "s");
  if (evaluation->n_types > MOST_NAMED) {
    put(line, "%zu initial conditions", evaluation->n_types);
    return;
  }
  for (size_t type = 0; type < evaluation->n_types; type++) {
    put(line, "%s", type > 0 ? ", " : "");
    for (const char *name = evaluation->types[type]; *name != '\0'; name++) {
      fcast_buffer_put(line, *name == '_' ? " " : name, 1);
    }
  }
}

char *fcast_summary_ensemble(const fcast_evaluation *evaluation) {
  fcast_buffer line = {0};
  const fcast_test_run *run = &evaluation->runs[0];
  const fcast_scores *scores = &run->scores[evaluation->shown];
  put_particles(&line, run);
  put(&line, " · %zu frame%s known, %zu forecast (%.3g time units)", scores->n_known, scores->n_known == 1 ? "" : "s",
      scores->n_forecast, run->truth.times[run->truth.n_frames - 1] - run->truth.times[scores->n_known - 1]);
  put_runs(&line, evaluation);
  return finish(&line);
}

char *fcast_summary_provenance(const fcast_evaluation *evaluation) {
  const fcast_run_facts *facts = &evaluation->runs[0].facts;
  fcast_buffer line = {0};
  put(&line, "flockcast %s", fcast_version());
  if (facts->config_hash[0] != '\0') {
    put(&line, " · configuration %s", facts->config_hash);
  }
  return finish(&line);
}
