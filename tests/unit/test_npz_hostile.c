/* SPDX-License-Identifier: MIT
 *
 * A damaged or hostile archive gives an error and nothing worse.
 */
#include "archives.h"

#include "io/file.h"

#include <stdio.h>
#include <string.h>

enum { N_HOSTILE = 46 };

/* Archives that lie: bad0.npz, bad1.npz, ... each with one member 'x', and what the error must say. */
static const char make_hostile[] =
    "import sys, io, struct, zipfile, numpy as np\n"
    "k = 0\n"
    "def archive(members, method=zipfile.ZIP_STORED, change=lambda b: b):\n"
    "    global k\n"
    "    b = io.BytesIO()\n"
    "    with zipfile.ZipFile(b, 'w', method) as z:\n"
    "        for name, data in members: z.writestr(name, data)\n"
    "    open('%s/bad%d.npz' % (sys.argv[1], k), 'wb').write(change(b.getvalue()))\n"
    "    k += 1\n"
    "def npy(header, data=b'', version=b'\\x01\\x00', length=None):\n"
    "    n = len(header) if length is None else length\n"
    "    return b'\\x93NUMPY' + version + struct.pack('<H' if version[0] == 1 else '<I', n) + header + data\n"
    "def one(*a, **b): archive([('x.npy', npy(*a, **b))])\n"
    "def shaped(shape, data=bytes(16), descr=\"'<f8'\"):\n"
    "    one((\"{'descr': %s, 'fortran_order': False, 'shape': %s, }\\n\" % (descr, shape)).encode(), data)\n"
    "good = b\"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\\n\"\n"
    "shaped('(3,)')\n"                                             /* 0: too few values */
    "shaped('(1,)')\n"                                             /* 1: too many */
    "shaped('(4611686018427387904, 4)')\n"                         /* 2: product overflows */
    "shaped('(2305843009213693954,)')\n"                           /* 3: bytes overflow to 16 */
    "shaped('(99999999999999999999999,)')\n"                       /* 4: one length overflows */
    "shaped('(1,1,1,1,1,1,1,1,2)')\n"                              /* 5: nine dimensions */
    "shaped('(-2,)')\n"                                            /* 6 */
    "shaped('(2)')\n"                                              /* 7: no tuple */
    "shaped('[2]')\n"                                              /* 8 */
    "shaped('(2,,)')\n"                                            /* 9 */
    "shaped('(2, True)')\n"                                        /* 10 */
    "shaped('(2,')\n"                                              /* 11 */
    "shaped('(__import__(\"os\").system(\"true\"),)')\n"           /* 12 */
    "shaped('(2,)', descr=\"'|O'\", data=b'')\n"                   /* 13: values of no known size: refused when read */
    "shaped('(2,)', descr=\"'<f8\\\\n'\")\n"                       /* 14 */
    "shaped('(2,)', descr='<f8')\n"                                /* 15 */
    "shaped('(2,)', descr=\"[('a', '<f8'\")\n"                     /* 16 */
    "shaped('(2,)', descr=\"'\" + 'f' * 100 + \"'\")\n"            /* 17 */
    "one(b'{}', bytes(16))\n"                                      /* 18: no keys */
    "one(good[:-2] + b\"'shape': (2,)}\", bytes(16))\n"            /* 19: a key twice */
    "one(good[:-2] + b\"'extra': (2,)}\", bytes(16))\n"            /* 20: a key too many */
    "one(good[:-3] + b\"} + 1\", bytes(16))\n"                     /* 21: more behind it */
    "one(good.replace(b'False', b'0'), bytes(16))\n"               /* 22 */
    "one(good.replace(b'False', b'None'), bytes(16))\n"            /* 23 */
    "one(good, bytes(16), length=60000)\n"                         /* 24: header longer than the member */
    "one(good, bytes(16), length=5)\n"                             /* 25 */
    "one(good + b' ' * 70000, bytes(16), version=b'\\x02\\x00')\n" /* 26: header too long */
    "one(good, bytes(16), version=b'\\x02\\x00', length=0xffffffff)\n" /* 27 */
    "one(good, bytes(16), version=b'\\x04\\x00')\n"                    /* 28 */
    "one(good, bytes(16), version=b'\\x01\\x01')\n"                    /* 29 */
    "archive([('x.npy', b'')])\n"                                      /* 30 */
    "archive([('x.npy', b'\\x93NUMPY')])\n"                            /* 31 */
    "archive([('x', b'{\"a\": 1}')])\n"                                /* 32: a raw member */
    "full = npy(good, bytes(16))\n"
    "archive([('x.npy', full)], change=lambda b: b.replace(bytes(16), bytes(15) + b'A'))\n" /* 33: CRC */
    "def patch_sizes(compressed, size):\n"
    "    def change(b):\n"
    "        at = b.index(b'PK\\x01\\x02')\n"
    "        b = bytearray(b)\n"
    "        c, s = struct.unpack_from('<II', b, at + 20)\n"
    "        struct.pack_into('<II', b, at + 20, c if compressed is None else compressed, s if size is None else "
    "size)\n"
    "        return bytes(b)\n"
    "    return change\n"
    "archive([('x.npy', full)], change=patch_sizes(None, 0x7fffffff))\n"                      /* 34 */
    "archive([('x.npy', full)], change=patch_sizes(0x7fffffff, 0x7fffffff))\n"                /* 35 */
    "archive([('x.npy', full)], zipfile.ZIP_DEFLATED, patch_sizes(None, 0x7fffffff))\n"       /* 36 */
    "archive([('x.npy', full)], zipfile.ZIP_DEFLATED, patch_sizes(0x7fffffff, 0x7fffffff))\n" /* 37 */
    "big = b\"{'descr': '<f8', 'fortran_order': False, 'shape': (8000,), }\\n\"\n"
    "archive([('x.npy', npy(big, bytes(16)))], zipfile.ZIP_DEFLATED,\n"
    "        patch_sizes(None, len(npy(big)) + 64000))\n"                                  /* 38: ends early */
    "archive([('x.npy', full)], zipfile.ZIP_DEFLATED, patch_sizes(None, len(full) - 1))\n" /* 39 */
    "archive([('x.npy', full)], zipfile.ZIP_BZIP2)\n"                                      /* 40 */
    "archive([('x.npy', full)], zipfile.ZIP_LZMA)\n"                                       /* 41 */
    "def encrypt(b):\n"
    "    b = bytearray(b); b[6] |= 1; b[b.index(b'PK\\x01\\x02') + 8] |= 1; return bytes(b)\n"
    "archive([('x.npy', full)], change=encrypt)\n" /* 42 */
    "shaped('(0, 18446744073709551615, 2)')\n"     /* 43: empty, but not by that much */
    "shaped('(0,)')\n"                             /* 44 */
    "shaped('()')\n"                               /* 45 */
    "def keep(name, *a, **b):\n"
    "    global k\n"
    "    archive(*a, **b)\n"
    "    import os\n"
    "    k -= 1\n"
    "    os.rename('%s/bad%d.npz' % (sys.argv[1], k), '%s/%s' % (sys.argv[1], name))\n"
    "import warnings; warnings.simplefilter('ignore')\n"
    "keep('twice.npz', [('x.npy', full), ('x.npy', full)])\n"
    "keep('twice_raw.npz', [('x.npy', full), ('x', full)])\n"
    "keep('control.npz', [('x\\x1b[31m.npy', full)])\n"
    "keep('paths.npz', [('../../etc/x.npy', full), ('/abs.npy', full), ('dir/', b''), ('.npy', full)])\n"
    "keep('small.npz', [('x.npy', full), ('y.npy', npy(good, np.arange(2.).tobytes()))], zipfile.ZIP_DEFLATED)\n"
    "keep('nothing.npz', [])\n";

static void read_everything(fcast_npz *npz) {
  for (size_t i = 0; i < fcast_npz_n_members(npz); i++) {
    const char *name = fcast_npz_member_name(npz, i);
    fcast_npy_info info;
    double *values = NULL;
    json_t *object = NULL;
    int64_t integer = 0;
    double real = 0;
    (void)!fcast_npz_info(npz, name, &info, NULL);
    (void)!fcast_npz_read_scalar(npz, name, &real, NULL);
    (void)!fcast_npz_read_integer(npz, name, &integer, NULL);
    if (fcast_npz_read(npz, name, &info, &values, NULL) == FCAST_OK) {
      fcast_free(values);
    }
    if (fcast_npz_read_object(npz, name, &object, NULL) == FCAST_OK) {
      json_decref(object);
    }
  }
}

static void test_hostile_members(void **state) {
  (void)state;
  assert_int_equal(scratch_python(archive_directory, make_hostile), 0);
  for (int i = 0; i < N_HOSTILE; i++) {
    char name[64];
    char path[SCRATCH_PATH];
    fcast_npz *npz = NULL;
    double *values = NULL;
    fcast_error err = {0};
    (void)snprintf(name, sizeof name, "bad%d.npz", i);
    fcast_status status = fcast_npz_open(scratch_path(archive_directory, name, path), &npz, &err);
    if (status == FCAST_OK) {
      status = fcast_npz_read(npz, "x", NULL, &values, &err);
      read_everything(npz);
    }
    if (status != FCAST_E_FORMAT) {
      fail_msg("%s: status %d, %s", name, (int)status, err.text);
    }
    assert_memory_equal(err.text, path, strlen(path));
    assert_null(values);
    fcast_npz_close(npz);
  }
}

static void expect_open_error(const char *name, const char *reason) {
  char path[SCRATCH_PATH];
  fcast_npz *npz = NULL;
  fcast_error err = {0};
  assert_int_equal(fcast_npz_open(scratch_path(archive_directory, name, path), &npz, &err), FCAST_E_FORMAT);
  assert_null(npz);
  assert_memory_equal(err.text, path, strlen(path));
  if (strstr(err.text, reason) == NULL) {
    fail_msg("found '%s', expected '%s' in it", err.text, reason);
  }
}

static void test_hostile_archives(void **state) {
  (void)state;
  char path[SCRATCH_PATH];
  expect_open_error("twice.npz", "is there twice");
  expect_open_error("twice_raw.npz", "is there twice");
  expect_open_error("control.npz", "control characters");
  assert_int_equal(fcast_file_write(scratch_path(archive_directory, "empty.npz", path), "", 0, NULL), FCAST_OK);
  expect_open_error("empty.npz", "empty file");
  assert_int_equal(fcast_file_write(scratch_path(archive_directory, "text.npz", path), "hello, world", 12, NULL),
                   FCAST_OK);
  expect_open_error("text.npz", "not a readable NPZ archive");
  fcast_npz *npz = archive_open("paths.npz");
  double value[2];
  assert_int_equal(fcast_npz_read_into(npz, "../../etc/x", 2, value, NULL), FCAST_OK);
  assert_int_equal(fcast_npz_read_into(npz, "/abs", 2, value, NULL), FCAST_OK);
  read_everything(npz);
  fcast_npz_close(npz);
  npz = archive_open("nothing.npz");
  assert_int_equal(fcast_npz_n_members(npz), 0);
  fcast_npz_close(npz);
}

static void try_bytes(const unsigned char *bytes, size_t n) {
  char path[SCRATCH_PATH];
  fcast_npz *npz = NULL;
  FILE *file = fopen(scratch_path(archive_directory, "try.npz", path), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, n, file), n);
  assert_int_equal(fclose(file), 0);
  if (fcast_npz_open(path, &npz, NULL) == FCAST_OK) {
    read_everything(npz);
    fcast_npz_close(npz);
  }
}

/* Cut anywhere, a file is no archive, as its directory is at its end; with any byte changed it does no harm. */
static void test_damaged_files(void **state) {
  (void)state;
  static const char *const names[] = {"small.npz", "ours.npz"};
  for (size_t i = 0; i < 2; i++) {
    char path[SCRATCH_PATH];
    unsigned char *bytes = NULL;
    size_t n = 0;
    assert_int_equal(fcast_file_read(scratch_path(archive_directory, names[i], path), 1 << 20, &bytes, &n, NULL),
                     FCAST_OK);
    for (size_t length = 1; length < n; length += i == 0 ? 1 : 13) {
      try_bytes(bytes, length);
      expect_open_error("try.npz", "not a readable NPZ archive");
    }
    for (size_t at = 0; at < n; at += i == 0 ? 1 : 7) {
      const unsigned char original = bytes[at];
      bytes[at] = (unsigned char)(original ^ (1u << at % 8));
      try_bytes(bytes, n);
      bytes[at] = 0xff;
      try_bytes(bytes, n);
      bytes[at] = original;
    }
    fcast_free(bytes);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hostile_members),
      cmocka_unit_test(test_hostile_archives),
      cmocka_unit_test(test_damaged_files),
  };
  return cmocka_run_group_tests(tests, archives_make, archives_remove);
}
