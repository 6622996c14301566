/* SPDX-License-Identifier: MIT
 *
 * The table behind config.h: one row for every key, in the order of the YAML file (config_table.c), and values from and
 * to texts (config_texts.c). Internal to src/io/config*.c.
 */
#ifndef FLOCKCAST_IO_CONFIG_TABLE_H
#define FLOCKCAST_IO_CONFIG_TABLE_H

#include "io/config.h"

typedef enum fcast__config_kind {
  FCAST__INTEGER,  /* int64_t */
  FCAST__REAL,     /* double */
  FCAST__BOOLEAN,  /* bool */
  FCAST__CHOICE,   /* an enum whose values count the choices */
  FCAST__TEXT,     /* char[FCAST_CONFIG_TEXT]: words for a command line, without quotes */
  FCAST__IC_TYPES, /* the list in fcast_ensemble_options */
  FCAST__VALUES,   /* fcast_values: a number, a list, or a range as 1.5..2 */
} fcast__config_kind;

typedef enum fcast__config_range {
  FCAST__ANY,
  FCAST__FROM_0,
  FCAST__FROM_1,
  FCAST__ABOVE_0,
  FCAST__SHARE, /* above 0 and at most 1 */
} fcast__config_range;

typedef struct fcast__config_row {
  const char *section; /* "sim", "forces.params" */
  const char *key;
  fcast__config_kind kind;
  fcast__config_range range;
  size_t offset;              /* in fcast_config */
  size_t given_offset;        /* of the bool that says the key was set; 0 where there is none */
  const char *const *choices; /* ended by NULL */
  const char *comment;        /* meaning and unit */
} fcast__config_row;

enum { FCAST__CONFIG_NAME = 64 }; /* room for "section.key" */

/* The rows, and the one named "section.key", or NULL. */
size_t fcast__config_n_rows(void);
const fcast__config_row *fcast__config_row_at(size_t i_row);
const fcast__config_row *fcast__config_find(const char *name);

/* Whether `name` ("sim", "forces.params") is a section. */
bool fcast__config_is_section(const char *name);

/* Write "section.key". */
void fcast__config_row_name(const fcast__config_row *row, char name[FCAST__CONFIG_NAME]);

/* "an integer of at least 1". */
void fcast__config_expected(const fcast__config_row *row, char *text, size_t size);

/* Set a key from texts[0..n_texts): one text, or for a list (`is_list`) any number. `where` begins the message:
 * "FILE:LINE: sim.N". Errors: FCAST_E_CONFIG. */
FCAST_MUST_CHECK fcast_status fcast__config_assign(fcast_config *config, const fcast__config_row *row,
                                                   const char *const *texts, size_t n_texts, bool is_list,
                                                   const char *where, fcast_error *err);

/* The error for a name that is neither key nor section: it names the nearest, or what there is. */
fcast_status fcast__config_unknown(const char *name, const char *where, fcast_error *err);

/* Whether the value of a key is in its range. Errors: FCAST_E_CONFIG. */
FCAST_MUST_CHECK fcast_status fcast__config_row_check(const fcast_config *config, const fcast__config_row *row,
                                                      fcast_error *err);

/* The value of a key; NULL where memory is short. The caller calls json_decref. */
json_t *fcast__config_value(const fcast_config *config, const fcast__config_row *row);

#endif
