/* SPDX-License-Identifier: MIT
 *
 * Films: they play, show every frame, start with the index, last five seconds, and are the same bytes every time.
 */
#include "flockcast/render.h"

#include "render/colour.h"
#include "render/film.h"
#include "render/yuv.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- data --- */

typedef struct sample {
  fcast_fields truth;
  fcast_tracks tracks;
  fcast_scores scores;
  fcast_order_params order;
  double *prediction;
  fcast_run_view view;
} sample;

static double *alloc_doubles(size_t n) {
  double *values = fcast_alloc_array(n, sizeof *values);
  assert_non_null(values);
  return values;
}

/* Cells of one row and column at low x and high y are full, all others empty; particles circle in the box. */
static void sample_make(sample *s, size_t n_frames, size_t n_agents, size_t nx, size_t ny) {
  const size_t n_known = n_frames > 4 ? 4 : 1, n_forecast = n_frames - n_known;
  *s = (sample){0};
  assert_int_equal(fcast_fields_alloc(n_frames, ny, nx, &s->truth, NULL), FCAST_OK);
  assert_int_equal(fcast_tracks_alloc(n_frames, n_agents, &s->tracks, NULL), FCAST_OK);
  for (size_t k = 0; k <= nx; k++) {
    s->truth.x_edges[k] = 0.25 * (double)k;
  }
  for (size_t k = 0; k <= ny; k++) {
    s->truth.y_edges[k] = 0.25 * (double)k;
  }
  s->prediction = alloc_doubles(n_forecast * nx * ny);
  for (size_t frame = 0; frame < n_frames; frame++) {
    s->truth.times[frame] = s->tracks.times[frame] = 0.1 * (double)frame;
    s->truth.rho[frame * nx * ny + (ny - 1) * nx] = 2.0;
    if (frame >= n_known) {
      s->prediction[(frame - n_known) * nx * ny + nx - 1] = 3.0;
      s->prediction[(frame - n_known) * nx * ny] = -1.0;
    }
    for (size_t i = 0; i < n_agents; i++) {
      const double angle = 0.2 * (double)frame + (double)i;
      double *position = s->tracks.positions + 2 * (frame * n_agents + i);
      double *velocity = s->tracks.velocities + 2 * (frame * n_agents + i);
      position[0] = 0.25 * (double)nx * (0.5 + 0.45 * cos(angle) * sin((double)i));
      position[1] = 0.25 * (double)ny * (0.5 + 0.45 * sin(angle) * sin((double)i));
      velocity[0] = -sin(angle);
      velocity[1] = cos(angle);
    }
  }
  s->scores = (fcast_scores){.n_known = n_known, .n_forecast = n_forecast, .e2 = alloc_doubles(n_forecast)};
  s->scores.e1 = s->scores.einf = s->scores.e2;
  s->scores.e2_persistence = alloc_doubles(n_forecast);
  s->order =
      (fcast_order_params){.n_frames = n_frames, .times = s->truth.times, .polarization = alloc_doubles(n_frames)};
  for (size_t i = 0; i < n_forecast; i++) {
    s->scores.e2[i] = 0.2 + 0.02 * (double)i;
    s->scores.e2_persistence[i] = 0.1 + 0.04 * (double)i;
  }
  s->view = (fcast_run_view){.run_name = "test_007",
                             .ic_type = "two_clusters",
                             .truth = &s->truth,
                             .prediction = s->prediction,
                             .scores = &s->scores,
                             .tracks = &s->tracks,
                             .order = &s->order};
}

static void sample_clear(sample *s) {
  fcast_fields_clear(&s->truth);
  fcast_tracks_clear(&s->tracks);
  fcast_free(s->prediction);
  fcast_free(s->scores.e2);
  fcast_free(s->scores.e2_persistence);
  fcast_free(s->order.polarization);
}

static char folder[] = "/tmp/fcast_films_XXXXXX";
static char path[64];

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL) {
    return -1;
  }
  (void)snprintf(path, sizeof path, "%s/a:film.mp4", folder); /* a colon is no protocol */
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

/* --- reading back --- */

typedef struct decoded {
  int n_frames, width, height;
  double seconds, frames_per_second;
  AVFrame *last;
} decoded;

static void take_frames(AVCodecContext *codec, decoded *out) {
  AVFrame *frame = av_frame_alloc();
  assert_non_null(frame);
  while (avcodec_receive_frame(codec, frame) == 0) {
    assert_int_equal(frame->format, AV_PIX_FMT_YUV420P);
    out->n_frames++;
    av_frame_free(&out->last);
    out->last = av_frame_clone(frame);
    assert_non_null(out->last);
    av_frame_unref(frame);
  }
  av_frame_free(&frame);
}

/* Decode the whole film; check what must hold for every film. The caller frees `last`. */
static decoded decode(const char *film) {
  decoded out = {0};
  char url[96];
  AVFormatContext *format = NULL;
  (void)snprintf(url, sizeof url, "file:%s", film);
  assert_int_equal(avformat_open_input(&format, url, NULL, NULL), 0);
  assert_true(avformat_find_stream_info(format, NULL) >= 0);
  assert_int_equal(format->nb_streams, 1);
  const AVStream *stream = format->streams[0];
  assert_int_equal(stream->codecpar->codec_id, AV_CODEC_ID_H264);
  assert_int_equal(stream->codecpar->color_space, AVCOL_SPC_BT709);
  assert_int_equal(stream->codecpar->color_primaries, AVCOL_PRI_BT709);
  assert_int_equal(stream->codecpar->color_trc, AVCOL_TRC_BT709);
  assert_int_equal(stream->codecpar->color_range, AVCOL_RANGE_MPEG);
  AVCodecContext *codec = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
  AVPacket *packet = av_packet_alloc();
  assert_true(codec != NULL && packet != NULL);
  assert_true(avcodec_parameters_to_context(codec, stream->codecpar) >= 0);
  assert_int_equal(avcodec_open2(codec, NULL, NULL), 0);
  while (av_read_frame(format, packet) >= 0) {
    assert_int_equal(avcodec_send_packet(codec, packet), 0);
    av_packet_unref(packet);
    take_frames(codec, &out);
  }
  assert_int_equal(avcodec_send_packet(codec, NULL), 0);
  take_frames(codec, &out);
  out.width = codec->width;
  out.height = codec->height;
  out.seconds = (double)format->duration / AV_TIME_BASE;
  out.frames_per_second = av_q2d(stream->avg_frame_rate);
  av_packet_free(&packet);
  avcodec_free_context(&codec);
  avformat_close_input(&format);
  assert_int_equal(out.width % 2 + out.height % 2, 0);
  assert_true(out.seconds >= 5.0 - 1e-6);
  return out;
}

/* The bytes of a file. Caller: free. */
static unsigned char *read_file(const char *name, size_t *n) {
  FILE *file = fopen(name, "rb");
  assert_non_null(file);
  const size_t most = 16u << 20;
  unsigned char *bytes = malloc(most);
  assert_non_null(bytes);
  *n = fread(bytes, 1, most, file);
  assert_true(*n < most);
  assert_int_equal(fclose(file), 0);
  return bytes;
}

/* Walk the boxes of the file: the index has to come before the pictures. */
static void check_index_first(const char *name) {
  size_t n = 0;
  unsigned char *bytes = read_file(name, &n);
  char order[64] = "";
  for (size_t at = 0; at + 8 <= n;) {
    const size_t size =
        (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 | (size_t)bytes[at + 2] << 8 | bytes[at + 3];
    assert_true(size >= 8 && strlen(order) + 5 < sizeof order);
    strncat(order, (const char *)bytes + at + 4, 4);
    at += size;
  }
  free(bytes);
  assert_memory_equal(order, "ftyp", 4);
  assert_non_null(strstr(order, "mdat"));
  assert_non_null(strstr(order, "moov"));
  assert_true(strstr(order, "moov") < strstr(order, "mdat"));
}

typedef fcast_status (*make_film)(const char *, const fcast_run_view *, fcast_error *);
static const make_film films[] = {fcast_film_tracks, fcast_film_density};

/* Both films of a sample, decoded and checked against the pace that is due. */
static void check_films(const fcast_run_view *view, int n_shown, int frames_per_second) {
  for (size_t k = 0; k < 2; k++) {
    fcast_error err = {0};
    assert_int_equal(films[k](path, view, &err), FCAST_OK);
    check_index_first(path);
    decoded film = decode(path);
    assert_int_equal(film.n_frames, n_shown);
    assert_true(fabs(film.frames_per_second - frames_per_second) < 1e-9);
    assert_true(fabs(film.seconds - (double)n_shown / frames_per_second) < 0.01);
    av_frame_free(&film.last);
    assert_int_equal(unlink(path), 0);
  }
}

/* --- tests --- */

static void default_run_lasts_five_seconds(void **state) {
  (void)state;
  sample s;
  sample_make(&s, 21, 40, 32, 32);
  check_films(&s.view, 21, 4);
  sample_clear(&s);
}

static void short_runs_are_held_for_five_seconds(void **state) {
  (void)state;
  sample s;
  sample_make(&s, 2, 1, 16, 16);
  check_films(&s.view, 20, 4);
  sample_clear(&s);
}

static void long_runs_play_faster(void **state) {
  (void)state;
  sample s;
  sample_make(&s, 400, 3, 16, 12);
  check_films(&s.view, 400, 25);
  sample_clear(&s);
}

static void odd_boxes_and_crowds_can_be_filmed(void **state) {
  (void)state;
  static const size_t shapes[][2] = {{48, 36}, {8, 40}, {64, 4}, {1, 1}};
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    sample s;
    sample_make(&s, 5, i == 0 ? 2000 : 1, shapes[i][0], shapes[i][1]);
    check_films(&s.view, 20, 4);
    sample_clear(&s);
  }
}

/* Errors, densities, positions and velocities that are not finite, and particles at rest. */
static void broken_numbers_can_be_filmed(void **state) {
  (void)state;
  sample s;
  sample_make(&s, 6, 5, 16, 16);
  s.scores.e2[0] = HUGE_VAL;
  s.scores.e2[1] = (double)NAN;
  s.scores.e2_persistence[1] = 1e280;
  s.prediction[3] = (double)NAN;
  s.prediction[4] = 1e300;
  s.tracks.positions[2] = (double)NAN;
  s.tracks.positions[4] = 1e30;
  s.tracks.velocities[6] = s.tracks.velocities[7] = 0.0;
  s.tracks.velocities[8] = HUGE_VAL;
  s.order.polarization[0] = (double)NAN;
  check_films(&s.view, 20, 4);
  s.view.order = NULL;
  fcast_free(s.tracks.velocities);
  s.tracks.velocities = NULL;
  check_films(&s.view, 20, 4);
  sample_clear(&s);
}

static void same_data_give_the_same_bytes(void **state) {
  (void)state;
  sample s;
  sample_make(&s, 9, 40, 32, 32);
  for (size_t k = 0; k < 2; k++) {
    size_t n[2];
    unsigned char *bytes[2];
    for (size_t i = 0; i < 2; i++) {
      assert_int_equal(films[k](path, &s.view, NULL), FCAST_OK);
      bytes[i] = read_file(path, &n[i]);
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(bytes[0], bytes[1], n[0]);
    free(bytes[0]);
    free(bytes[1]);
  }
  assert_int_equal(unlink(path), 0);
  sample_clear(&s);
}

static int luma_of(fcast__rgb colour) {
  return (int)lround(16.0 + 219.0 * (0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue));
}

/* The full cell of the truth, at low x and high y, is bright at the top left of the left map; the forecast's is at the
 * bottom right of the right one, and its negative cell has the flat colour. Maps of a square box: corners at (52, 52)
 * and (264, 52) points, 192 points a side, two pixels a point. */
static void film_shows_x_to_the_right_and_y_upwards(void **state) {
  (void)state;
  sample s;
  sample_make(&s, 6, 4, 8, 8);
  assert_int_equal(fcast_film_density(path, &s.view, NULL), FCAST_OK);
  decoded film = decode(path);
  fcast__rgb map[FCAST__MAP_SIZE];
  fcast__map_density(map);
  const int bright = luma_of(map[FCAST__MAP_SIZE - 1]), dark = luma_of(map[0]),
            flat = luma_of(fcast__colour_negative());
  const struct {
    int x, y, luma;
  } points[] = {{104 + 24, 104 + 24, bright}, {104 + 360, 104 + 24, dark},    {104 + 24, 104 + 360, dark},
                {528 + 24, 104 + 24, dark},   {528 + 360, 104 + 360, bright}, {528 + 24, 104 + 360, flat}};
  for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
    const int luma = film.last->data[0][points[i].y * film.last->linesize[0] + points[i].x];
    assert_in_range(luma + 100, points[i].luma - 4 + 100, points[i].luma + 4 + 100);
  }
  av_frame_free(&film.last);
  assert_int_equal(unlink(path), 0);
  sample_clear(&s);
}

/* The film of a run beside another model, whose errors grow by `growth` a frame. The caller frees `last`. */
static decoded film_beside_other(sample *s, double growth) {
  const size_t n = s->scores.n_forecast;
  double *e2 = alloc_doubles(n);
  const fcast_scores scores = {.n_known = s->scores.n_known, .n_forecast = n, .e2 = e2};
  for (size_t i = 0; i < n; i++) {
    e2[i] = growth * (double)(i + 1);
  }
  s->view.n_others = 1;
  s->view.others[0] = (fcast_other_view){.model = "chosen model", .scores = &scores, .prediction = s->prediction};
  assert_int_equal(fcast_film_density(path, &s->view, NULL), FCAST_OK);
  const decoded film = decode(path);
  assert_int_equal(unlink(path), 0);
  fcast_free(e2);
  return film;
}

/* The mean row of the pixels that have about the luma and the chroma of a colour, in the strip with the errors under
 * maps of a square box; 0 where there is none. */
static double mean_row_in_strip(const AVFrame *frame, fcast__rgb colour) {
  const double luma = 0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue;
  const double blue = 128.0 + 224.0 * (colour.blue - luma) / 1.8556, red = 128.0 + 224.0 * (colour.red - luma) / 1.5748;
  const int first = 2 * (52 + 192 + 30), before_legend = frame->width - 2 * 130;
  double sum = 0.0;
  double n = 0.0;
  for (int row = first; row < frame->height; row++) {
    for (int column = 0; column < before_legend; column++) {
      const int chroma = row / 2 * frame->linesize[1] + column / 2;
      if (abs(frame->data[0][row * frame->linesize[0] + column] - luma_of(colour)) < 12 &&
          fabs(frame->data[1][chroma] - blue) < 12.0 && fabs(frame->data[2][chroma] - red) < 12.0) {
        sum += row;
        n += 1.0;
      }
    }
  }
  return n > 0.0 ? sum / n : 0.0;
}

/* Its errors are drawn in its colour where they lie, and nothing has this colour in a film without it. */
static void the_model_between_has_its_curve(void **state) {
  (void)state;
  const fcast__rgb colour = fcast__look_of(FCAST__CHOSEN_MODEL)->colour;
  sample s;
  sample_make(&s, 12, 4, 8, 8);
  s.view.model = "field model";
  assert_int_equal(fcast_film_density(path, &s.view, NULL), FCAST_OK);
  decoded alone = decode(path);
  decoded low = film_beside_other(&s, 0.001), high = film_beside_other(&s, 0.04);
  decoded broken = film_beside_other(&s, HUGE_VAL);
  assert_true(mean_row_in_strip(alone.last, colour) == 0.0);
  assert_true(mean_row_in_strip(high.last, colour) > 0.0);
  assert_true(mean_row_in_strip(low.last, colour) > mean_row_in_strip(high.last, colour) + 10.0);
  av_frame_free(&alone.last);
  av_frame_free(&low.last);
  av_frame_free(&high.last);
  av_frame_free(&broken.last);
  sample_clear(&s);
}

/* Against the definition in ITU-R BT.709, and only where the picture changed. */
static void colours_become_bt709(void **state) {
  (void)state;
  enum { WIDTH = 18, HEIGHT = 4 };
  uint32_t pixels[WIDTH * HEIGHT], shown[WIDTH * HEIGHT] = {0};
  uint8_t y[WIDTH * HEIGHT], u[WIDTH * HEIGHT / 4], v[WIDTH * HEIGHT / 4];
  const fcast__yuv yuv = {.plane = {y, u, v}, .stride = {WIDTH, WIDTH / 2, WIDTH / 2}};
  static const double colours[][3] = {{255, 255, 255}, {0, 0, 0}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {213, 94, 0}};
  for (size_t k = 0; k < sizeof colours / sizeof colours[0]; k++) {
    const double red = colours[k][0] / 255.0, green = colours[k][1] / 255.0, blue = colours[k][2] / 255.0;
    const double luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
      pixels[i] = fcast__rgb_to_pixel((fcast__rgb){red, green, blue});
    }
    fcast__yuv_update(yuv, shown, pixels, WIDTH, WIDTH, HEIGHT);
    assert_memory_equal(shown, pixels, sizeof pixels);
    for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
      assert_true(fabs(y[i] - (16.0 + 219.0 * luma)) <= 0.51);
      assert_true(fabs(u[i / 4] - (128.0 + 224.0 * (blue - luma) / 1.8556)) <= 0.51);
      assert_true(fabs(v[i / 4] - (128.0 + 224.0 * (red - luma) / 1.5748)) <= 0.51);
    }
  }
  y[0] = 7; /* not touched where nothing changed */
  pixels[WIDTH * HEIGHT - 1] = 0xff000000u;
  fcast__yuv_update(yuv, shown, pixels, WIDTH, WIDTH, HEIGHT);
  assert_int_equal(y[0], 7);
  assert_int_equal(y[WIDTH * HEIGHT - 1], 16);
}

static void pace_is_between_five_and_twelve_seconds(void **state) {
  (void)state;
  for (size_t n = 2; n < 600; n++) {
    const int rate = fcast__film_rate(n);
    size_t n_shown = 0;
    for (size_t i = 0; i < n; i++) {
      n_shown += fcast__film_repeats(i, n);
    }
    assert_in_range(rate, 4, 25);
    assert_true(n_shown >= n && (double)n_shown / rate >= 5.0);
    assert_true((double)n_shown / rate <= 12.0 || rate == 25);
  }
}

static void failures_name_the_path(void **state) {
  (void)state;
  sample s;
  fcast_error err = {0};
  sample_make(&s, 5, 3, 8, 8);
  const char *missing = "/nonexistent/folder/film.mp4";
  for (size_t k = 0; k < 2; k++) {
    assert_int_equal(films[k](missing, &s.view, &err), FCAST_E_IO);
    assert_non_null(strstr(err.text, missing));
    assert_int_equal(films[k]("/dev/full", &s.view, &err), FCAST_E_IO);
    assert_non_null(strstr(err.text, "/dev/full"));
  }
  s.tracks.n_frames--;
  assert_int_equal(fcast_film_tracks(missing, &s.view, &err), FCAST_E_SHAPE);
  s.tracks.n_frames++;
  sample_clear(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(default_run_lasts_five_seconds),
      cmocka_unit_test(short_runs_are_held_for_five_seconds),
      cmocka_unit_test(long_runs_play_faster),
      cmocka_unit_test(odd_boxes_and_crowds_can_be_filmed),
      cmocka_unit_test(broken_numbers_can_be_filmed),
      cmocka_unit_test(same_data_give_the_same_bytes),
      cmocka_unit_test(film_shows_x_to_the_right_and_y_upwards),
      cmocka_unit_test(the_model_between_has_its_curve),
      cmocka_unit_test(colours_become_bt709),
      cmocka_unit_test(pace_is_between_five_and_twelve_seconds),
      cmocka_unit_test(failures_name_the_path),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
