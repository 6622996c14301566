/* SPDX-License-Identifier: MIT
 *
 * The results page: index.html, one file with everything in it, made of the evaluation and of the tables beside it.
 *
 * What it looks like is in src/page; here is what it knows. The numbers of a table come from the CSV file that was
 * written, so that page and files cannot differ.
 */
#ifndef FLOCKCAST_CLI_PAGE_H
#define FLOCKCAST_CLI_PAGE_H

#include "cli/evaluation.h"

#include <jansson.h>

/* Write OUTPUT_DIR/index.html when the tables and films are there. Errors: those of the files, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_page_write(const fcast_evaluation *evaluation, const char *oscar_dir,
                                               const char *output_dir, const fcast_listener *listener,
                                               fcast_error *err);

/* The parts, each an object the caller calls json_decref for; NULL where memory is short, or with `err` set. */

/* Titles, the models with their scores and intervals, and what limits them. */
json_t *fcast_page_headline(const fcast_evaluation *evaluation, fcast_error *err);

/* Errors and order parameters of every run against time, at most so many points in all. */
json_t *fcast_page_series(const fcast_evaluation *evaluation);

/* Truth, forecasts and agents of the runs, frame by frame: of all runs, or of as many as a page can carry, the best,
 * median and worst of each type among them. Read and forecast again, in parallel. */
json_t *fcast_page_films(const fcast_evaluation *evaluation, const fcast_listener *listener, fcast_error *err);

/* Singular values and maps of modes. */
json_t *fcast_page_basis(const fcast_evaluation *evaluation);

/* Size and fit of the linear models, and the learned law; null where there is none. */
json_t *fcast_page_models(const fcast_evaluation *evaluation);

/* Configuration, provenance and the commands that make it all again. */
json_t *fcast_page_origin(const fcast_evaluation *evaluation, const char *oscar_dir, fcast_error *err);

/* --- what they are made of --- */

/* A number, or null where it is not finite, which JSON cannot say. */
json_t *fcast_page_number(double value);

/* Every `step`-th of n values. */
json_t *fcast_page_numbers(const double *values, size_t n, size_t step);

/* Bytes, deflated where `is_deflated` is asked for, in base64. */
json_t *fcast_page_bytes(const unsigned char *bytes, size_t n, bool is_deflated);

#endif
