/* SPDX-License-Identifier: MIT
 *
 * Parameters that may differ from run to run, as texts: a number, a list, or a range as 1.5..2. Internal to
 * src/io/config*.c.
 */
#ifndef FLOCKCAST_IO_CONFIG_VALUES_H
#define FLOCKCAST_IO_CONFIG_VALUES_H

#include "io/config.h"

/* Read texts[0..n_texts) into `out`. Returns NULL, or what is wrong: one of the texts, or words for it. */
const char *fcast__values_parse(const char *const *texts, size_t n_texts, fcast_values *out);

/* A number, a list, or the string "1.5..2"; NULL where memory is short. The caller calls json_decref. */
json_t *fcast__values_json(const fcast_values *values);

#endif
