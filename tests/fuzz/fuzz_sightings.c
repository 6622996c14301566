/* SPDX-License-Identifier: MIT
 *
 * Tables of positions. Byte 0 chooses the columns. What is taken is in order, each agent once in a frame, of finite
 * numbers, from lines that the file has; what is not is one line that names file and line.
 */
#include "fuzz.h"
#include "io/sightings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void require_order(const fcast_sightings *sightings, size_t n_lines) {
  fuzz_require(sightings->n > 0 && sightings->n <= n_lines);
  for (size_t i = 0; i < sightings->n; i++) {
    const fcast_sighting *row = &sightings->rows[i];
    fuzz_require(row->line >= 1 && row->line <= n_lines);
    for (size_t axis = 0; axis < 2; axis++) {
      fuzz_require(isfinite(row->position[axis]) && isfinite(row->velocity[axis]));
    }
    fuzz_require(i == 0 || row[-1].id < row->id || (row[-1].id == row->id && row[-1].frame < row->frame));
  }
}

/* Every sighting is where it belongs, and nobody else is there. */
static void require_tracks(const fcast_sightings *sightings, const fcast_tracks *tracks) {
  size_t n_present = 0;
  for (size_t i = 0; i < tracks->n_frames * tracks->n_agents; i++) {
    n_present += isnan(tracks->positions[2 * i]) ? 0 : 1;
  }
  fuzz_require(n_present == sightings->n);
  for (size_t k = 1; k < tracks->n_frames; k++) {
    fuzz_require(tracks->times[k] > tracks->times[k - 1]);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  static const char *const layouts[] = {"id,frame,x,y", "frame,id,x,y,vx,vy", "-,x,y,id,frame", "id,frame,x,y,-"};
  fcast_columns columns;
  fcast_sightings sightings;
  fcast_error err = {FCAST_OK, ""};
  if (n == 0) {
    return 0;
  }
  fuzz_require(fcast_columns_parse(layouts[bytes[0] % 4], &columns, &err) == FCAST_OK);
  char *text = calloc(n, 1);
  fuzz_require(text != NULL);
  memcpy(text, bytes + 1, n - 1);
  size_t n_lines = 1;
  for (size_t i = 0; i + 1 < n; i++) {
    n_lines += text[i] == '\n' ? 1 : 0;
  }
  const fcast_status status = fcast_sightings_parse("f", text, n - 1, &columns, bytes[0] / 128, NULL, &sightings, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    require_order(&sightings, n_lines);
    fcast_tracks tracks;
    const int64_t span = 2000; /* larger tables are right too, but take long to look through */
    bool is_small = true;
    for (size_t i = 0; i < sightings.n; i++) {
      is_small = is_small && sightings.rows[i].frame < span && sightings.rows[i].frame > -span;
    }
    if (is_small && fcast_sightings_tracks("f", &sightings, 1.0, 16.0, &tracks, &err) == FCAST_OK) {
      require_tracks(&sightings, &tracks);
      fcast_tracks_clear(&tracks);
    }
    fcast_sightings_clear(&sightings);
  } else {
    fuzz_require(strncmp(err.text, "f:", 2) == 0);
  }
  free(text);
  return 0;
}
