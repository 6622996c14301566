/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/figure_files.h"
#include "cli/metrics_csv.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/stability.h"
#include "cli/stages.h"
#include "cli/trained_on.h"
#include "cli/unheeded.h"
#include "io/file.h"
#include "io/provenance.h"

#ifdef FCAST_WITH_RENDER
#include "cli/draw.h"
#include "cli/page.h"
#endif

#include <stdio.h>
#include <string.h>

/* The tables of one model; those of a model that is not there any more go away. */
static fcast_status write_model_metrics(const char *output_dir, const fcast_evaluation *evaluation,
                                        fcast_model_kind model, fcast_error *err) {
  static const char *const type_prefixes[FCAST_N_MODELS] = {"", "selected_", "field_"};
  const bool is_there = fcast_evaluation_has(evaluation, model);
  char *runs = fcast_format("%s/metrics_%s.csv", output_dir, fcast_metrics_suffix(model));
  char *types = fcast_format("%s/metrics_%sby_ic_type.csv", output_dir, type_prefixes[model]);
  fcast_status status = FCAST_OK;
  if (runs == NULL || types == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir);
  } else {
    status = is_there ? fcast_metrics_write_runs(runs, evaluation, model, err) : fcast_file_remove(runs, err);
  }
  if (status == FCAST_OK) {
    status = is_there ? fcast_metrics_write_types(types, evaluation, model, err) : fcast_file_remove(types, err);
  }
  fcast_free(runs);
  fcast_free(types);
  return status;
}

/* uncertainty.csv of the chosen model, uncertainty_field.csv of the field model. */
static fcast_status write_uncertainty(const char *output_dir, const fcast_evaluation *evaluation,
                                      fcast_model_kind model, fcast_error *err) {
  char *path = fcast_format("%s/uncertainty%s.csv", output_dir, model == FCAST_FIELD ? "_field" : "");
  fcast_status status = FCAST_OK;
  if (path == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir);
  } else {
    status = fcast_evaluation_has_intervals(evaluation, model)
                 ? fcast_metrics_write_intervals(path, evaluation, model, err)
                 : fcast_file_remove(path, err);
  }
  fcast_free(path);
  return status;
}

static fcast_status write_metrics(const char *output_dir, const fcast_evaluation *evaluation, fcast_error *err) {
  char *leads = fcast_format("%s/r2_by_lead.csv", output_dir);
  fcast_status status = leads == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir)
                                      : fcast_metrics_write_leads(leads, evaluation, err);
  for (int model = 0; status == FCAST_OK && model < FCAST_N_MODELS; model++) {
    status = write_model_metrics(output_dir, evaluation, (fcast_model_kind)model, err);
  }
  if (status == FCAST_OK) {
    status = write_uncertainty(output_dir, evaluation, FCAST_CHOSEN, err);
  }
  if (status == FCAST_OK) {
    status = write_uncertainty(output_dir, evaluation, FCAST_FIELD, err);
  }
  fcast_free(leads);
  return status;
}

#ifdef FCAST_WITH_RENDER
static fcast_status write_page(const fcast_local_options *options, const fcast_evaluation *evaluation,
                               fcast_error *err) {
  const double start = fcast_clock_monotonic();
  fcast_progress progress;
  const fcast_listener listener = {fcast_progress_share, &progress};
  fcast_progress_begin(&progress, "results page", "one file with everything in it", 0);
  const fcast_status status = fcast_page_write(evaluation, options->oscar_dir, options->output_dir, &listener, err);
  fcast_progress_end(&progress, false);
  if (status == FCAST_OK) {
    fcast_say("results page", "%s/index.html in %.2f s", options->output_dir, fcast_clock_monotonic() - start);
  }
  return status;
}
#endif

static fcast_status draw(const fcast_local_options *options, const fcast_evaluation *evaluation,
                         const fcast_figure_formats *formats, fcast_error *err) {
#ifdef FCAST_WITH_RENDER
  const fcast_status status = fcast_draw_evaluation(evaluation, options->output_dir, formats, err);
  return status == FCAST_OK ? write_page(options, evaluation, err) : status;
#else
  (void)options, (void)evaluation, (void)formats, (void)err;
  fcast_say("draw", "no figures or films: this program was built without them (-DFCAST_RENDER=OFF)");
  return FCAST_OK;
#endif
}

fcast_status fcast_stage_local(const fcast_local_options *options, fcast_error *err) {
  const double start = fcast_clock_monotonic();
  fcast_figure_formats formats;
  fcast_evaluation evaluation = {0};
  fcast_status status = fcast_figure_formats_parse(options->formats, &formats, err);
  if (status == FCAST_OK) {
    status = fcast_evaluation_create(options->oscar_dir, options->n_test, &evaluation, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  fcast_say("predict and score", "%zu of %zu in %.2f s", evaluation.n_runs, evaluation.n_runs,
            fcast_clock_monotonic() - start);
  status = fcast_directory_make(options->output_dir, err);
  fcast_directory_sweep(options->output_dir);
  if (status == FCAST_OK) {
    status = write_metrics(options->output_dir, &evaluation, err);
  }
  if (status == FCAST_OK) {
    status = fcast_trained_on_warn(&evaluation.trained_on, evaluation.runs, evaluation.n_runs, err);
  }
  if (status == FCAST_OK) {
    status = fcast_stability_warn(&evaluation, err);
  }
  if (status == FCAST_OK) {
    status = draw(options, &evaluation, &formats, err);
  }
  if (status == FCAST_OK) {
    fcast_report_runs(&evaluation);
    if (options->workflow_start > 0.0) {
      fcast_say("whole workflow", "in %.2f s", fcast_clock_monotonic() - options->workflow_start);
    }
    status = options->as_json
                 ? fcast_report_json(&evaluation, options->command, options->oscar_dir, options->output_dir, err)
                 : fcast_report_verdict(&evaluation, options->output_dir, err);
  }
  fcast_evaluation_clear(&evaluation);
  return status;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  const fcast_local_options options = {
      .command = arguments->command->name,
      .as_json = arguments->wants_json,
      .oscar_dir = fcast_argument(arguments, "oscar_dir"),
      .output_dir = fcast_argument(arguments, "output_dir"),
      .n_test = arguments->config.m_test_given ? (size_t)arguments->config.ensemble.m_test : 0,
      .formats = fcast_argument(arguments, "formats"),
  };
  char *models = fcast_format("%s/models", options.oscar_dir);
  const fcast_status status = models == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", options.oscar_dir)
                                             : fcast_unheeded_say(arguments, models, err);
  fcast_free(models);
  return status == FCAST_OK ? fcast_stage_local(&options, err) : status;
}

static const fcast_option options_table[] = {
    {"oscar_dir", "DIR", "the directory with test/ and models/", NULL, true},
    {"output_dir", "DIR", "where tables, figures and films go", "outputs/local_pipeline", false},
    FCAST_FORMATS_OPTION,
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast local --oscar_dir oscar_outputs", "predict, score and draw what sync fetched"},
    {"flockcast local --oscar_dir oscar_outputs --json > report.json",
     "the scores of all runs and models for a program"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"DIR/models/, DIR/test/", "what is read"},
    {"metrics_all_runs.csv, metrics_selected.csv, metrics_field.csv",
     "scores of every run by the specified, the chosen and the field model"},
    {"metrics_by_ic_type.csv, r2_by_lead.csv", "the same by type and by lead time"},
    {"index.html", "the results page: everything in one file"},
    {"plots/, best_runs/", "figures and films"},
    {NULL, NULL},
};

static const char *const see_also[] = {"train", "limit", "sync", NULL};

const fcast_command fcast_command_local = {
    .name = "local",
    .summary = "predict the test runs, score and draw, from files alone",
    .about =
        "Reads the models and the test runs, forecasts every run from its first frames, scores the forecast "
        "beside its\n"
        "baselines and draws the best run of every type. The models must be those of one training that ended. "
        "Nothing is\n"
        "simulated and nothing trained; training/ is not read. Test runs that were trained on, or of another grid, "
        "box, boundary,\n"
        "bandwidth or time between frames than the training runs, are an error; other settings that differ are "
        "named.",
    .options = options_table,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .has_json = true,
    .run = run,
};
