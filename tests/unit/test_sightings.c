/* SPDX-License-Identifier: MIT
 *
 * Tables of positions: what is taken, and that every bad line is one message with its number.
 */
#include "check.h"

#include "io/sightings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static fcast_status parse(const char *columns_text, const char *text, size_t n_skipped, fcast_sightings *out,
                          fcast_error *err) {
  fcast_columns columns;
  char *copy = malloc(strlen(text) + 1);
  assert_non_null(copy);
  memcpy(copy, text, strlen(text) + 1);
  test_heard heard = {0};
  const fcast_listener listener = {test_hear, &heard};
  fcast_status status = fcast_columns_parse(columns_text, &columns, err);
  if (status == FCAST_OK) {
    status = fcast_sightings_parse("t.csv", copy, strlen(text), &columns, n_skipped, &listener, out, err);
    assert_true(status != FCAST_OK || heard.n >= 1);
  }
  free(copy);
  return status;
}

static void test_columns(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "id",
                                    "id,frame,x",
                                    "id,frame,x,y,",
                                    "id,frame,x,y,w",
                                    "id,frame,x,y,x",
                                    "id,frame,x,y,vx",
                                    "id;frame;x;y",
                                    "ID,frame,x,y",
                                    "id,,frame,x,y"};
  fcast_columns columns;
  fcast_error err;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (fcast_columns_parse(bad[i], &columns, &err) != FCAST_E_ARG) {
      fail_msg("'%s' was taken", bad[i]);
    }
  }
  check_ok(fcast_columns_parse("-,y,x,z,frame,id,vy,vx", &columns, &err), &err);
  assert_true(columns.n == 8 && columns.has_velocities && columns.kinds[1] == FCAST_COLUMN_Y);
}

/* The same three sightings, as anybody might write them. */
static void test_layouts(void **state) {
  (void)state;
  static const struct {
    const char *columns, *text;
    size_t n_skipped;
  } tables[] = {
      {"id,frame,x,y", "7,12,1.5,-2\n7,10,1,0\n3,12,.25,1e1", 0},
      {"id,frame,x,y", "\xef\xbb\xbf# id frame x y\r\n\r\n  7  12   1.5 -2  \r\n7\t10\t1\t0\r\n3 12 0.25 10\r\n   \n",
       0},
      {"frame,id,x,y,-", "12;7;1.5;-2;a word\n10; 7 ;1;0;\n12;3;0.25;10;0\n", 0},
      {"x,y,id,frame", "X, Y, who, when\n1.5,-2,7.0,12\n1,0,7,1e1\n+0.25,10,3,12\n\n", 1},
  };
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    fcast_sightings found;
    fcast_tracks tracks;
    fcast_error err;
    check_ok(parse(tables[i].columns, tables[i].text, tables[i].n_skipped, &found, &err), &err);
    assert_true(found.n == 3 && !found.has_velocities);
    assert_true(found.rows[0].id == 3 && found.rows[0].frame == 12 && found.rows[1].id == 7 &&
                found.rows[1].frame == 10);
    assert_true(found.rows[2].position[0] == 1.5 && found.rows[2].position[1] == -2.0);
    check_ok(fcast_sightings_tracks("t.csv", &found, 2.0, 4.0, &tracks, &err), &err);
    assert_true(tracks.n_frames == 2 && tracks.n_agents == 2); /* frames 10 and 12: steps of 2 */
    assert_true(tracks.times[0] == 2.5 && tracks.times[1] == 3.0);
    assert_true(isnan(tracks.positions[0]) && isnan(tracks.positions[1])); /* 3 in frame 10 */
    assert_true(tracks.positions[2] == 2.0 && tracks.positions[4] == 0.5 && tracks.positions[7] == -4.0);
    fcast_tracks_clear(&tracks);
    fcast_sightings_clear(&found);
  }
}

static void test_velocities(void **state) {
  (void)state;
  fcast_sightings found;
  fcast_tracks tracks;
  fcast_error err;
  check_ok(parse("id,frame,x,y,vx,vy", "1 -5 1 2 3 4\n1 -3 1 2 5 6", 0, &found, &err), &err);
  check_ok(fcast_sightings_tracks("t.csv", &found, 0.5, 10.0, &tracks, &err), &err);
  assert_true(found.has_velocities && tracks.velocities[0] == 1.5 && tracks.velocities[3] == 3.0);
  assert_true(tracks.times[0] == -0.5 && tracks.n_frames == 2);
  fcast_tracks_clear(&tracks);
  fcast_sightings_clear(&found);
}

static void test_bad_lines(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } tables[] = {
      {"", "t.csv: found no line of numbers"},
      {"# nothing\n\n", "t.csv: found no line of numbers"},
      {"1 2 3\n", "t.csv:1: found 3 columns, expected 4"},
      {"1 2 3 4\n1 3 3 4 5\n", "t.csv:2: found 5 columns, expected 4"},
      {"1,2,3,4\n\n1,3,,4\n", "t.csv:3: column 3 (x): found '', expected a finite number"},
      {"1,2,3,4,\n", "t.csv:1: found 5 columns"},
      {"1 2 3 4\n1 3 nan 4\n", "t.csv:2: column 3 (x): found 'nan'"},
      {"1 2 3 1e999\n", "t.csv:1: column 4 (y): found '1e999'"},
      {"one 2 3 4\n", "t.csv:1: column 1 (id): found 'one', expected an integer"},
      {"1 2.5 3 4\n", "t.csv:1: column 2 (frame): found '2.5'"},
      {"1 99999999999999999999 3 4\n", "t.csv:1: column 2 (frame)"},
      {"1 -9223372036854775808 3 4\n", "t.csv:1: column 2 (frame)"},
      {"1 2 3 4\n2 2 3 4\n1 2 5 6\n", "t.csv:3: id 1 is in frame 2 again, first in line 1"},
      {"1 2 \x01\xff 4\n", "t.csv:1: column 3 (x): found '?"
                           "?'"},
      {"id,frame,x,y\n1,2,3,4\n", "t.csv:1: column 1 (id): found 'id'"},
      {"1 2 3 4 # five\n", "t.csv:1: found 6 columns"},
      {"\x1f\x8b\x08 1 2 3 4\n", "t.csv: found a compressed file"},
      {"1 0x2 3 4\n", "t.csv:1: column 2 (frame): found '0x2'"},
  };
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    fcast_sightings found;
    fcast_error err;
    assert_int_equal(parse("id,frame,x,y", tables[i].text, 0, &found, &err), FCAST_E_FORMAT);
    if (strncmp(err.text, tables[i].message, strlen(tables[i].message)) != 0) {
      fail_msg("found '%s', expected '%s'", err.text, tables[i].message);
    }
    assert_null(strchr(err.text, '\n'));
    assert_null(found.rows);
  }
}

static void test_zero_byte(void **state) {
  (void)state;
  char text[] = "1 2 3 4\n1 3 3\0 4\n";
  fcast_columns columns;
  fcast_sightings found;
  fcast_error err;
  check_ok(fcast_columns_parse("id,frame,x,y", &columns, &err), &err);
  assert_int_equal(fcast_sightings_parse("t", text, sizeof text - 1, &columns, 0, NULL, &found, &err), FCAST_E_FORMAT);
  assert_string_equal(err.text, "t:2: found a 0 byte, expected text");
}

static void test_too_many_frames(void **state) {
  (void)state;
  fcast_sightings found;
  fcast_tracks tracks;
  fcast_error err;
  check_ok(parse("id,frame,x,y", "1 0 3 4\n1 1 3 4\n1 9000000000000000 3 4\n", 0, &found, &err), &err);
  assert_int_equal(fcast_sightings_tracks("t", &found, 1.0, 1.0, &tracks, &err), FCAST_E_FORMAT);
  fcast_sightings_clear(&found);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_columns),   cmocka_unit_test(test_layouts),   cmocka_unit_test(test_velocities),
      cmocka_unit_test(test_bad_lines), cmocka_unit_test(test_zero_byte), cmocka_unit_test(test_too_many_frames),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
