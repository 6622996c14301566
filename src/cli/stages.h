/* SPDX-License-Identifier: MIT
 *
 * The three stages of the workflow as commands and `run` call them: simulate, train, local.
 */
#ifndef FLOCKCAST_CLI_STAGES_H
#define FLOCKCAST_CLI_STAGES_H

#include "cli/command.h"
#include "cluster/ensemble.h"

/* Refuse to make members [first, last] in `output_dir` where that would replace what cannot be made again: runs that
 * were imported (import.json is beside them), and runs of another program. Errors: FCAST_E_ARG. */
FCAST_MUST_CHECK fcast_status fcast_stage_spare_others(const fcast_config *config, fcast_mode mode, int64_t first,
                                                       int64_t last, const char *output_dir, fcast_error *err);

/* Simulate members [first, last] of an ensemble into `output_dir`, on all cores, once nothing has to be spared. */
FCAST_MUST_CHECK fcast_status fcast_stage_simulate(const fcast_config *config, fcast_mode mode, int64_t first,
                                                   int64_t last, const char *output_dir, bool with_order_params,
                                                   fcast_error *err);

/* Train the models on the runs in `train_dir`: `n_train` of them, or all that are there where it is 0. */
/* Refuse runs with too few frames for the lag, before they are made. Errors: FCAST_E_CONFIG. */
FCAST_MUST_CHECK fcast_status fcast_stage_check_frames(const fcast_config *config, fcast_error *err);

FCAST_MUST_CHECK fcast_status fcast_stage_train(const fcast_config *config, const char *train_dir,
                                                const char *output_dir, size_t n_train, fcast_error *err);

typedef struct fcast_local_options {
  const char *oscar_dir;
  const char *output_dir;
  size_t n_test;         /* runs expected; 0: all that are there */
  const char *formats;   /* of the figures, as --formats has them */
  const char *command;   /* "local" or "run" */
  bool as_json;          /* the report as JSON */
  double workflow_start; /* monotonic seconds; 0: `local` on its own */
} fcast_local_options;

/* Predict, score and draw from files alone, and report on standard output. */
FCAST_MUST_CHECK fcast_status fcast_stage_local(const fcast_local_options *options, fcast_error *err);

/* Check a tree: a line for each problem and for each part on standard output, or one JSON document. Where the command
 * line names no configuration, it is the one beside the runs. Errors: FCAST_E_MISSING, FCAST_E_FORMAT, FCAST_E_SHAPE,
 * FCAST_E_CONFIG. */
FCAST_MUST_CHECK fcast_status fcast_check_tree(const fcast_arguments *arguments, const char *oscar_dir, bool is_quick,
                                               bool as_json, fcast_error *err);

/* Write the configuration as DIRECTORY/config.yml, where `status` looks for it. The directory is made. */
FCAST_MUST_CHECK fcast_status fcast_stage_write_config(const fcast_config *config, const char *directory,
                                                       fcast_error *err);

/* Submit what is missing under `oscar_dir` to Slurm, or print the scripts. Errors: FCAST_E_IO with what Slurm said,
 * FCAST_E_ARG where jobs of another configuration are in the queue for the directory. */
FCAST_MUST_CHECK fcast_status fcast_stage_submit(const fcast_config *config, const char *oscar_dir, const char *log_dir,
                                                 bool is_dry_run, bool as_json, fcast_error *err);

#endif
