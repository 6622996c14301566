/* SPDX-License-Identifier: MIT */
#include "cli/csv.h"

#include "base/text.h"
#include "io/file.h"

#include <stdlib.h>

fcast_status fcast_csv_begin(fcast_csv *csv, const char *path, fcast_error *err) {
  *csv = (fcast_csv){0};
  csv->stream = open_memstream(&csv->text, &csv->length);
  return csv->stream != NULL ? FCAST_OK : fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
}

fcast_status fcast_csv_finish(fcast_csv *csv, const char *path, fcast_status status, fcast_error *err) {
  const int failed = ferror(csv->stream);
  if ((fclose(csv->stream) != 0 || failed) && status == FCAST_OK) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  if (status == FCAST_OK) {
    status = fcast_file_write(path, csv->text, csv->length, err);
  }
  free(csv->text);
  return status;
}

void fcast_csv_number(FILE *stream, double value) {
  char text[FCAST_NUMBER_SIZE];
  fcast_number_text(value, text);
  (void)fprintf(stream, ",%s", text);
}
