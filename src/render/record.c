/* SPDX-License-Identifier: MIT */
#include "render/record.h"

#include <math.h>
#include <string.h>

void fcast__record_columns(fcast__record *record, const char *names) {
  if (!record->is_on) {
    return;
  }
  record->n_columns = 1;
  for (const char *comma = strchr(names, ','); comma != NULL; comma = strchr(comma + 1, ',')) {
    record->n_columns++;
  }
  fcast_buffer_put_text(&record->text, names);
  fcast_buffer_put_text(&record->text, "\n");
}

/* Readers differ in what they make of quotes, and numpy.genfromtxt makes nothing of them: a semicolon stands for what
 * would end a cell or a line. */
static void put_word(fcast_buffer *text, const char *word) {
  for (; *word != '\0'; word++) {
    fcast_buffer_put(text, strchr(",\"#\r\n", *word) == NULL ? word : ";", 1);
  }
}

void fcast__record_row(fcast__record *record, const char *const *words, size_t n_words, const double *values,
                       size_t n_values) {
  char number[FCAST_NUMBER_SIZE];
  for (size_t i = 0; record->is_on && i < n_words; i++) {
    fcast_buffer_put_text(&record->text, i > 0 ? "," : "");
    put_word(&record->text, words[i]);
  }
  for (size_t i = 0; record->is_on && n_words + i < record->n_columns; i++) {
    const double value = i < n_values ? values[i] : (double)NAN;
    fcast_number_text(value >= FCAST__HUGE ? HUGE_VAL : value, number);
    fcast_buffer_put_text(&record->text, n_words + i > 0 ? "," : "");
    fcast_buffer_put_text(&record->text, number);
  }
  if (record->is_on) {
    fcast_buffer_put_text(&record->text, "\n");
  }
}
