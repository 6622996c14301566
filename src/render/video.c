/* SPDX-License-Identifier: MIT */
#include "render/video.h"

#include "flockcast/array.h"
#include "render/yuv.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <stdio.h>
#include <string.h>

struct fcast__video {
  char *path; /* owned */
  AVFormatContext *format;
  AVCodecContext *codec;
  AVStream *stream; /* of format */
  AVFrame *frame;
  AVPacket *packet;
  uint32_t *shown; /* the picture that frame holds, as RGB */
};

static fcast_status fail(const fcast__video *video, fcast_status code, const char *what, int reason, fcast_error *err) {
  char text[AV_ERROR_MAX_STRING_SIZE] = "";
  (void)av_strerror(reason, text, sizeof text);
  return fcast_fail(err, reason == AVERROR(ENOMEM) ? FCAST_E_NOMEM : code, "%s: %s: %s", video->path, what, text);
}

static const char encoder_name[] = "libx264";

bool fcast__video_facts(char version[FCAST_FACT]) {
  (void)snprintf(version, FCAST_FACT, "%s, libavcodec %u.%u.%u", av_version_info(), avcodec_version() >> 16,
                 avcodec_version() >> 8 & 255, avcodec_version() & 255);
  return avcodec_find_encoder_by_name(encoder_name) != NULL;
}

/* "file:" keeps a colon in a path from being taken for a protocol. */
static fcast_status open_file(fcast__video *video, fcast_error *err) {
  const size_t size = strlen(video->path) + sizeof "file:";
  char *url = fcast_alloc_array(size, 1);
  if (url == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", video->path);
  }
  (void)snprintf(url, size, "file:%s", video->path);
  int result = avformat_alloc_output_context2(&video->format, NULL, "mp4", url);
  if (result >= 0) {
    result = avio_open(&video->format->pb, url, AVIO_FLAG_WRITE);
  }
  fcast_free(url);
  return result < 0 ? fail(video, FCAST_E_IO, "cannot create", result, err) : FCAST_OK;
}

static void describe_pictures(AVCodecContext *codec, int width, int height, int frames_per_second) {
  codec->width = width;
  codec->height = height;
  codec->time_base = (AVRational){1, frames_per_second};
  codec->framerate = (AVRational){frames_per_second, 1};
  codec->sample_aspect_ratio = (AVRational){1, 1};
  codec->pix_fmt = AV_PIX_FMT_YUV420P;
  codec->color_range = AVCOL_RANGE_MPEG;
  codec->colorspace = AVCOL_SPC_BT709;
  codec->color_primaries = AVCOL_PRI_BT709;
  codec->color_trc = AVCOL_TRC_BT709;
  codec->thread_count = 1; /* the caller runs several films at once; and one thread gives the same bytes every time */
  codec->gop_size = 2 * frames_per_second; /* a player can jump to any two seconds */
  codec->flags |= AV_CODEC_FLAG_BITEXACT;
}

static fcast_status open_encoder(fcast__video *video, int width, int height, int frames_per_second, fcast_error *err) {
  const AVCodec *encoder = avcodec_find_encoder_by_name(encoder_name);
  if (encoder == NULL) {
    return fcast_fail(err, FCAST_E_NUMERIC, "%s: libavcodec has no libx264 encoder for H.264", video->path);
  }
  video->codec = avcodec_alloc_context3(encoder);
  if (video->codec == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for the encoder", video->path);
  }
  describe_pictures(video->codec, width, height, frames_per_second);
  if ((video->format->oformat->flags & AVFMT_GLOBALHEADER) != 0) {
    video->codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  }
  AVDictionary *options = NULL;
  int result = av_dict_set(&options, "preset", "superfast", 0);
  result = result < 0 ? result : av_dict_set(&options, "crf", "20", 0);
  /* Cells and labels move by whole pixels or not at all, so B-frames, look-ahead and sub-pixel search buy little: a
   * quarter less time for a fifth more bytes. */
  result = result < 0 ? result
                      : av_dict_set(&options, "x264-params", "bframes=0:rc-lookahead=0:weightp=0:subme=0:me=dia", 0);
  result = result < 0 ? result : avcodec_open2(video->codec, encoder, &options);
  av_dict_free(&options);
  return result < 0 ? fail(video, FCAST_E_NUMERIC, "cannot start the H.264 encoder", result, err) : FCAST_OK;
}

static fcast_status write_header(fcast__video *video, fcast_error *err) {
  video->stream = avformat_new_stream(video->format, NULL);
  if (video->stream == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for the film", video->path);
  }
  video->stream->time_base = video->codec->time_base;
  video->stream->avg_frame_rate = video->codec->framerate;
  int result = avcodec_parameters_from_context(video->stream->codecpar, video->codec);
  if (result < 0) {
    return fail(video, FCAST_E_NUMERIC, "cannot describe the film", result, err);
  }
  video->format->flags |= AVFMT_FLAG_BITEXACT;
  AVDictionary *options = NULL;
  result = av_dict_set(&options, "movflags", "+faststart", 0);
  result = result < 0 ? result : avformat_write_header(video->format, &options);
  av_dict_free(&options);
  return result < 0 ? fail(video, FCAST_E_IO, "cannot write", result, err) : FCAST_OK;
}

/* The frame that the encoder takes. Its first picture is converted as a whole, since no 0xffRRGGBB word is zero. */
static fcast_status prepare_pictures(fcast__video *video, fcast_error *err) {
  const AVCodecContext *codec = video->codec;
  video->frame = av_frame_alloc();
  video->packet = av_packet_alloc();
  video->shown = fcast_alloc_array((size_t)codec->width * (size_t)codec->height, sizeof *video->shown);
  if (video->frame == NULL || video->packet == NULL || video->shown == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for a picture", video->path);
  }
  video->frame->format = codec->pix_fmt;
  video->frame->width = codec->width;
  video->frame->height = codec->height;
  video->frame->color_range = codec->color_range;
  video->frame->colorspace = codec->colorspace;
  video->frame->pts = 0;
  const int result = av_frame_get_buffer(video->frame, 0);
  return result < 0 ? fail(video, FCAST_E_NOMEM, "out of memory for a picture", result, err) : FCAST_OK;
}

fcast_status fcast__video_create(fcast__video **out, const char *path, int width, int height, int frames_per_second,
                                 fcast_error *err) {
  *out = NULL;
  av_log_set_level(AV_LOG_QUIET);
  fcast__video *video = fcast_alloc_array(1, sizeof *video);
  if (video == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for the film", path);
  }
  fcast_status status = FCAST_OK;
  video->path = fcast_alloc_array(strlen(path) + 1, 1);
  if (video->path == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for the film", path);
    goto cleanup;
  }
  memcpy(video->path, path, strlen(path) + 1);
  if ((status = open_file(video, err)) != FCAST_OK ||
      (status = open_encoder(video, width, height, frames_per_second, err)) != FCAST_OK ||
      (status = write_header(video, err)) != FCAST_OK || (status = prepare_pictures(video, err)) != FCAST_OK) {
    goto cleanup;
  }
  *out = video;
  video = NULL;
cleanup:
  fcast__video_free(video);
  return status;
}

/* Give the encoder a frame, or NULL at the end, and write the packets that come out. */
static fcast_status encode(fcast__video *video, const AVFrame *frame, fcast_error *err) {
  int result = avcodec_send_frame(video->codec, frame);
  if (result < 0) {
    return fail(video, FCAST_E_NUMERIC, "the H.264 encoder failed", result, err);
  }
  while ((result = avcodec_receive_packet(video->codec, video->packet)) >= 0) {
    video->packet->duration = 1;
    av_packet_rescale_ts(video->packet, video->codec->time_base, video->stream->time_base);
    video->packet->stream_index = video->stream->index;
    result = av_interleaved_write_frame(video->format, video->packet); /* takes the packet's memory */
    if (result < 0) {
      return fail(video, FCAST_E_IO, "cannot write", result, err);
    }
  }
  return result == AVERROR(EAGAIN) || result == AVERROR_EOF
             ? FCAST_OK
             : fail(video, FCAST_E_NUMERIC, "the H.264 encoder failed", result, err);
}

fcast_status fcast__video_add(fcast__video *video, const uint32_t *pixels, size_t stride, size_t n_times,
                              fcast_error *err) {
  const int result = av_frame_make_writable(video->frame); /* the encoder may still hold the last one */
  if (result < 0) {
    return fail(video, FCAST_E_NOMEM, "out of memory for a picture", result, err);
  }
  fcast__yuv yuv;
  for (size_t k = 0; k < 3; k++) {
    yuv.plane[k] = video->frame->data[k];
    yuv.stride[k] = (size_t)video->frame->linesize[k];
  }
  fcast__yuv_update(yuv, video->shown, pixels, stride, (size_t)video->codec->width, (size_t)video->codec->height);
  for (size_t i = 0; i < n_times; i++) {
    const fcast_status status = encode(video, video->frame, err);
    if (status != FCAST_OK) {
      return status;
    }
    video->frame->pts++;
  }
  return FCAST_OK;
}

fcast_status fcast__video_finish(fcast__video *video, fcast_error *err) {
  const fcast_status status = encode(video, NULL, err);
  if (status != FCAST_OK) {
    return status;
  }
  int result = av_write_trailer(video->format);
  if (result >= 0) {
    result = video->format->pb->error;
  }
  const int closed = avio_closep(&video->format->pb);
  result = result < 0 ? result : closed;
  return result < 0 ? fail(video, FCAST_E_IO, "cannot write", result, err) : FCAST_OK;
}

void fcast__video_free(fcast__video *video) {
  if (video == NULL) {
    return;
  }
  fcast_free(video->shown);
  av_packet_free(&video->packet);
  av_frame_free(&video->frame);
  avcodec_free_context(&video->codec);
  if (video->format != NULL) {
    (void)avio_closep(&video->format->pb); /* already closed where the film is complete */
    avformat_free_context(video->format);
  }
  fcast_free(video->path);
  fcast_free(video);
}
