/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/csv.h"
#include "cli/figure_files.h"
#include "cli/json_report.h"
#include "cli/order_survey.h"
#include "cli/progress.h"
#include "io/file.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>

enum { MAX_BINS = 100000 };

/* --- tables --- */

typedef void (*table_writer)(FILE *stream, const fcast_order_survey *survey, const fcast_order_summary *summary);

static void write_frames(FILE *stream, const fcast_order_survey *survey, const fcast_order_summary *summary) {
  (void)summary;
  (void)fprintf(stream, "run_name,frame,time,n_present,polarization,nematic,mean_speed,speed_std,angular_momentum,"
                        "n_clusters,largest_cluster,mean_cluster\n");
  for (size_t i = 0; i < survey->list->n_runs; i++) {
    const fcast_order_run *run = &survey->runs[i];
    const double *const columns[] = {
        run->order.times,      run->present,         run->order.polarization,     run->order.nematic,
        run->order.mean_speed, run->order.speed_std, run->order.angular_momentum, run->n_clusters,
        run->largest,          run->mean_size};
    for (size_t frame = 0; frame < run->order.n_frames; frame++) {
      (void)fprintf(stream, "%s,%zu", survey->list->runs[i].name, frame);
      for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        fcast_csv_number(stream, columns[c][frame]);
      }
      (void)fprintf(stream, "\n");
    }
  }
}

static void write_pairs(FILE *stream, const fcast_order_survey *survey, const fcast_order_summary *summary) {
  const double width = survey->options.r_max / (double)survey->options.n_bins;
  (void)fprintf(stream, "bin,r_from,r_to,g,g_se\n");
  for (size_t k = 0; k < survey->options.n_bins; k++) {
    (void)fprintf(stream, "%zu", k);
    fcast_csv_number(stream, (double)k * width);
    fcast_csv_number(stream, (double)(k + 1) * width);
    fcast_csv_number(stream, summary->g[k]);
    fcast_csv_number(stream, summary->g_error[k]);
    (void)fprintf(stream, "\n");
  }
}

static void write_numbers(FILE *stream, const fcast_order_survey *survey, const fcast_order_summary *summary) {
  (void)survey;
  (void)fprintf(stream, "divisions,mean,std\n");
  for (size_t d = 0; d < FCAST_N_DIVISIONS; d++) {
    (void)fprintf(stream, "%zu", summary->numbers[d].n_divisions);
    fcast_csv_number(stream, fcast_numbers_mean(&summary->numbers[d]));
    fcast_csv_number(stream, fcast_numbers_std(&summary->numbers[d]));
    (void)fprintf(stream, "\n");
  }
}

static void write_clusters(FILE *stream, const fcast_order_survey *survey, const fcast_order_summary *summary) {
  double n_agents = 0.0;
  (void)survey;
  for (size_t size = 1; size < summary->n_sizes; size++) {
    n_agents += (double)size * summary->cluster_sizes[size];
  }
  (void)fprintf(stream, "size,n_clusters,share_of_agents\n");
  for (size_t size = 1; size < summary->n_sizes; size++) {
    if (summary->cluster_sizes[size] > 0.0) {
      (void)fprintf(stream, "%zu", size);
      fcast_csv_number(stream, summary->cluster_sizes[size]);
      fcast_csv_number(stream, (double)size * summary->cluster_sizes[size] / n_agents);
      (void)fprintf(stream, "\n");
    }
  }
}

static fcast_status write_tables(const fcast_order_survey *survey, const fcast_order_summary *summary,
                                 const char *output_dir, fcast_error *err) {
  static const struct {
    const char *name;
    table_writer write;
  } tables[] = {{"order_frames", write_frames},
                {"pair_correlation", write_pairs},
                {"number_fluctuations", write_numbers},
                {"cluster_sizes", write_clusters}};
  fcast_status status = fcast_directory_make(output_dir, err);
  fcast_directory_sweep(output_dir);
  for (size_t i = 0; status == FCAST_OK && i < sizeof tables / sizeof tables[0]; i++) {
    fcast_csv csv;
    char *path = fcast_format("%s/%s.csv", output_dir, tables[i].name);
    status =
        path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a path") : fcast_csv_begin(&csv, path, err);
    if (status == FCAST_OK) {
      tables[i].write(csv.stream, survey, summary);
      status = fcast_csv_finish(&csv, path, FCAST_OK, err);
    }
    fcast_free(path);
  }
  return status;
}

/* --- picture --- */

#ifdef FCAST_WITH_RENDER
/* What the picture is made of. */
typedef struct order_picture {
  const fcast_order_survey *survey;
  const fcast_order_summary *summary;
} order_picture;

/* "20 runs, test_000 to test_019; ...", or the name of the one. */
static void describe(const fcast_order_survey *survey, char *text, size_t size) {
  const size_t n = survey->list->n_runs;
  const fcast_track_source *runs = survey->list->runs;
  char which[192];
  if (n > 1) {
    (void)snprintf(which, sizeof which, "%zu runs, %s to %s", n, runs[0].name, runs[n - 1].name);
  } else {
    (void)snprintf(which, sizeof which, "%s", runs[0].name);
  }
  (void)snprintf(text, size, "%s; agents at most %.4g apart are in one cluster", which, survey->options.link);
}

static fcast_order_line line_of(const fcast_order_series *series, size_t n_runs) {
  return (fcast_order_line){
      .mean = series->mean, .lo = n_runs > 1 ? series->lo : NULL, .hi = n_runs > 1 ? series->hi : NULL};
}

static fcast_status draw_as(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const order_picture *picture = context;
  const fcast_order_survey *survey = picture->survey;
  const fcast_order_summary *summary = picture->summary;
  char subtitle[256];
  const size_t n_runs = survey->list->n_runs;
  describe(survey, subtitle, sizeof subtitle);
  const fcast_structure_view view = {.subtitle = subtitle,
                                     .n_runs = n_runs,
                                     .n_frames = summary->n_frames,
                                     .times = summary->times,
                                     .polarization = line_of(&summary->polarization, n_runs),
                                     .nematic = line_of(&summary->nematic, n_runs),
                                     .angular_momentum = line_of(&summary->angular_momentum, n_runs),
                                     .n_bins = survey->options.n_bins,
                                     .r = summary->r,
                                     .g = summary->g,
                                     .g_error = summary->g_error,
                                     .n_divisions = FCAST_N_DIVISIONS,
                                     .numbers = summary->numbers,
                                     .n_sizes = summary->n_sizes,
                                     .cluster_sizes = summary->cluster_sizes};
  return fcast_figure_structure(path, format, &view, err);
}

static fcast_status draw(const fcast_order_survey *survey, const fcast_order_summary *summary, const char *output_dir,
                         const fcast_figure_formats *formats, fcast_error *err) {
  const order_picture picture = {survey, summary};
  return fcast_figure_files(output_dir, "order", formats, draw_as, &picture, err);
}
#else
static fcast_status draw(const fcast_order_survey *survey, const fcast_order_summary *summary, const char *output_dir,
                         const fcast_figure_formats *formats, fcast_error *err) {
  (void)survey, (void)summary, (void)output_dir, (void)formats, (void)err;
  fcast_say("draw", "no figure: this program was built without them (-DFCAST_RENDER=OFF)");
  return FCAST_OK;
}
#endif

/* --- report --- */

/* Mean over the frames counted of all runs. */
static double mean_of(const fcast_order_survey *survey, const double *(*series)(const fcast_order_run *)) {
  double sum = 0.0;
  double n = 0.0;
  for (size_t i = 0; i < survey->list->n_runs; i++) {
    const fcast_order_run *run = &survey->runs[i];
    for (size_t frame = run->first_frame; frame < run->order.n_frames; frame++) {
      sum += series(run)[frame];
      n += 1.0;
    }
  }
  return sum / n;
}

static const double *present_of(const fcast_order_run *run) {
  return run->present;
}
static const double *polarization_of(const fcast_order_run *run) {
  return run->order.polarization;
}
static const double *nematic_of(const fcast_order_run *run) {
  return run->order.nematic;
}
static const double *angular_momentum_of(const fcast_order_run *run) {
  return run->order.angular_momentum;
}
static const double *speed_of(const fcast_order_run *run) {
  return run->order.mean_speed;
}
static const double *largest_of(const fcast_order_run *run) {
  return run->largest;
}
static const double *mean_size_of(const fcast_order_run *run) {
  return run->mean_size;
}

/* What the report has means of; the keys are the columns of order_frames.csv. */
static const struct {
  const char *label, *key;
  const double *(*series)(const fcast_order_run *);
} rows[] = {{"agents there", "n_present", present_of},
            {"polarization", "polarization", polarization_of},
            {"nematic order", "nematic", nematic_of},
            {"angular momentum", "angular_momentum", angular_momentum_of},
            {"speed", "mean_speed", speed_of},
            {"largest cluster", "largest_cluster", largest_of},
            {"an agent's cluster", "mean_cluster", mean_size_of}};

static json_t *report_json(const fcast_order_survey *survey, const fcast_order_summary *summary,
                           const char *output_dir) {
  json_t *means = json_object();
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    (void)json_object_set_new(means, rows[i].key, fcast_json_number(mean_of(survey, rows[i].series)));
  }
  return json_pack("{s:I, s:f, s:f, s:f, s:o, s:o, s:s}", "n_runs", (json_int_t)survey->list->n_runs, "link",
                   survey->options.link, "r_max", survey->options.r_max, "discard", survey->options.discard, "means",
                   means, "fluctuation_exponent", fcast_json_number(summary->exponent), "output_dir", output_dir);
}

static void report(const fcast_order_survey *survey, const fcast_order_summary *summary, const char *output_dir) {
  printf("means over the frames of %zu run%s\n", survey->list->n_runs, survey->list->n_runs == 1 ? "" : "s");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    printf("  %-20s %.4g\n", rows[i].label, mean_of(survey, rows[i].series));
  }
  if (isfinite(summary->exponent)) {
    printf("  %-20s %.3f (independent agents: 0.5)\n", "number fluctuations", summary->exponent);
  } else {
    printf("  %-20s too few agents to say\n", "number fluctuations");
  }
#ifdef FCAST_WITH_RENDER
  printf("tables and order.*: %s\n", output_dir);
#else
  printf("tables: %s\n", output_dir);
#endif
}

/* --- the command --- */

static fcast_status read_length(const fcast_arguments *arguments, const char *name, double *out, fcast_error *err) {
  const char *text = fcast_argument(arguments, name);
  if (text != NULL && (!fcast_parse_double(text, out) || !(*out > 0.0))) {
    return fcast_fail(err, FCAST_E_ARG, "--%s: found '%s', expected a length above 0", name, text);
  }
  return FCAST_OK;
}

static fcast_status read_options(const fcast_arguments *arguments, fcast_order_options *out, fcast_error *err) {
  const char *bins = fcast_argument(arguments, "bins");
  const char *discard = fcast_argument(arguments, "discard");
  int64_t n_bins = 0;
  *out = (fcast_order_options){0};
  fcast_status status = read_length(arguments, "link", &out->link, err);
  if (status == FCAST_OK) {
    status = read_length(arguments, "r_max", &out->r_max, err);
  }
  if (status == FCAST_OK && (!fcast_parse_int64(bins, &n_bins) || n_bins < 1 || n_bins > MAX_BINS)) {
    status = fcast_fail(err, FCAST_E_ARG, "--bins: found '%s', expected an integer from 1 to %d", bins, MAX_BINS);
  }
  if (status == FCAST_OK &&
      (!fcast_parse_double(discard, &out->discard) || !(out->discard >= 0.0 && out->discard < 1.0))) {
    status = fcast_fail(err, FCAST_E_ARG, "--discard: found '%s', expected a share of the frames from 0 to below 1",
                        discard);
  }
  out->n_bins = (size_t)n_bins;
  return status;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  const char *output_dir = fcast_argument(arguments, "output_dir");
  fcast_order_options options;
  fcast_figure_formats formats;
  fcast_track_list list = {0};
  fcast_order_survey survey = {0};
  fcast_order_summary summary = {0};
  fcast_status status = read_options(arguments, &options, err);
  if (status == FCAST_OK) {
    status = fcast_figure_formats_parse(fcast_argument(arguments, "formats"), &formats, err);
  }
  if (status == FCAST_OK) {
    status = fcast_track_list_create(arguments->operand[0], &list, err);
  }
  if (status == FCAST_OK) {
    status = fcast_order_survey_create(&list, &options, &survey, err);
  }
  if (status == FCAST_OK) {
    fcast_explain("order", "%zu runs; agents within %.4g of each other are in one cluster (%s); pairs up to %.4g",
                  list.n_runs, survey.options.link, options.link > 0.0 ? "--link" : "params.R of the runs",
                  survey.options.r_max);
    status = fcast_order_summary_create(&survey, &summary, err);
  }
  if (status == FCAST_OK) {
    status = write_tables(&survey, &summary, output_dir, err);
  }
  if (status == FCAST_OK) {
    status = draw(&survey, &summary, output_dir, &formats, err);
  }
  if (status == FCAST_OK && arguments->wants_json) {
    status = fcast_json_print("order", report_json(&survey, &summary, output_dir), err);
  } else if (status == FCAST_OK) {
    report(&survey, &summary, output_dir);
  }
  fcast_order_summary_clear(&summary);
  fcast_order_survey_clear(&survey);
  fcast_track_list_clear(&list);
  return status;
}

static const fcast_option options_table[] = {
    {"output_dir", "DIR", "where tables and picture go", "outputs/order", false},
    {"link", "LENGTH", "agents this close are in one cluster; not given: params.R of the runs", NULL, false},
    {"r_max", "LENGTH", "longest distance of the pair correlation; not given: 5 links, or what fits the box", NULL,
     false},
    {"bins", "N", "distances of the pair correlation", "50", false},
    {"discard", "SHARE", "share of the frames at the start of a run that do not count", "0", false},
    FCAST_FORMATS_OPTION,
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast order oscar_outputs/test --discard 0.5", "the second half of every test run"},
    {"flockcast order oscar_outputs/test/test_000/traj.npz --json", "one run, the means for a program"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"order_frames.csv", "order parameters and clusters of every frame"},
    {"pair_correlation.csv, number_fluctuations.csv, cluster_sizes.csv", "structure over all frames"},
    {"order.*", "the picture, in the formats that --formats names, and its numbers"},
    {NULL, NULL},
};

static const char *const see_also[] = {"sweep", "import", NULL};

const fcast_command fcast_command_order = {
    .name = "order",
    .summary = "order parameters, pair correlation, number fluctuations and clusters of tracks",
    .operands = "DIR|FILE",
    .min_operands = 1,
    .max_operands = 1,
    .about = "Reads the tracks of a run, of a directory of runs, or a traj.npz, and writes order_frames.csv, "
             "pair_correlation.csv,\n"
             "number_fluctuations.csv, cluster_sizes.csv and order.*. Agents that are not there (nan) count nowhere; "
             "between walls\n"
             "the pair correlation is corrected for them.",
    .options = options_table,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .has_json = true,
    .run = run,
};
