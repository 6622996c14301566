/* SPDX-License-Identifier: MIT */
#include "cli/csv.h"

#include "base/text.h"

#include <stdlib.h>

fcast_status fcast_csv_begin(fcast_csv *csv, const char *path, fcast_error *err) {
  *csv = (fcast_csv){0};
  csv->stream = open_memstream(&csv->text, &csv->length);
  return csv->stream != NULL ? FCAST_OK : fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
}

fcast_status fcast_csv_put(fcast_csv *csv, const char *path, fcast_status status, fcast_outfile *file,
                           fcast_error *err) {
  *file = (fcast_outfile){0};
  const int failed = ferror(csv->stream);
  if ((fclose(csv->stream) != 0 || failed) && status == FCAST_OK) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  if (status == FCAST_OK) {
    status = fcast_file_put(path, csv->text, csv->length, file, err);
  }
  free(csv->text);
  return status;
}

fcast_status fcast_csv_finish(fcast_csv *csv, const char *path, fcast_status status, fcast_error *err) {
  fcast_outfile file;
  const fcast_status put = fcast_csv_put(csv, path, status, &file, err);
  return put == FCAST_OK ? fcast_outfile_commit(&file, err) : put;
}

void fcast_csv_number(FILE *stream, double value) {
  char text[FCAST_NUMBER_SIZE];
  fcast_number_text(value, text);
  (void)fprintf(stream, ",%s", text);
}
