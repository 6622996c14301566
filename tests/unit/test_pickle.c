/* SPDX-License-Identifier: MIT
 *
 * Pickles made by Python and NumPy come back equal, ours are read by them, and nothing a pickle says is ever run.
 */
#include "flockcast/array.h"
#include "io/file.h"
#include "io/pickle.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned char *read_file(const char *name, size_t *n) {
  char path[SCRATCH_PATH];
  unsigned char *bytes = NULL;
  fcast_error err = {0};
  const fcast_status status = fcast_file_read(scratch_path(scratch_directory, name, path), 1 << 20, &bytes, n, &err);
  if (status != FCAST_OK) {
    fail_msg("%s", err.text);
  }
  return bytes;
}

/* The test's own document: every kind of value that has a place in a configuration. */
static const char document_text[] =
    "{\"sim\": {\"N\": 40, \"Lx\": 15.0, \"bc\": \"periodic\", \"empty\": {}}, \"list\": [1, -1, 255, 256, 65535, "
    "65536, "
    "-129, 2147483647, -2147483648, 2147483648, -2147483649, 9223372036854775807, -9223372036854775808], "
    "\"reals\": [0.1, -0.0, 1e-300, 1.7976931348623157e308, 5e-324], \"flags\": [true, false, null], "
    "\"none\": [], \"text\": \"\\u00e9\\u4e2d\\ud83d\\ude00 'quoted' \\\"twice\\\"\\n\", \"\": \"\"}";

static json_t *parse_document(void) {
  json_t *document = json_loads(document_text, 0, NULL);
  assert_non_null(document);
  return document;
}

static void test_python_reads_ours(void **state) {
  (void)state;
  json_t *document = parse_document();
  unsigned char *bytes = NULL;
  size_t n = 0;
  char path[SCRATCH_PATH];
  assert_int_equal(fcast_pickle_write(document, &bytes, &n, NULL), FCAST_OK);
  assert_int_equal(fcast_file_write(scratch_path(scratch_directory, "ours.pickle", path), bytes, n, NULL), FCAST_OK);
  assert_int_equal(json_dump_file(document, scratch_path(scratch_directory, "ours.json", path), 0), 0);
  fcast_free(bytes);
  json_decref(document);
  assert_int_equal(scratch_python(scratch_directory,
                                  "import sys, json, pickle, numpy as np\n"
                                  "a = pickle.load(open(sys.argv[1] + '/ours.pickle', 'rb'))\n"
                                  "b = json.load(open(sys.argv[1] + '/ours.json'))\n"
                                  "assert type(a) is np.ndarray and a.dtype == object and a.shape == ()\n"
                                  "assert repr(a.item()) == repr(b), (a.item(), b)\n"
                                  "assert list(a.item()) == list(b)\n"),
                   0);
}

static void test_ours_comes_back(void **state) {
  (void)state;
  json_t *document = parse_document();
  json_t *back = NULL;
  unsigned char *bytes = NULL;
  size_t n = 0;
  assert_int_equal(fcast_pickle_write(document, &bytes, &n, NULL), FCAST_OK);
  assert_int_equal(fcast_pickle_read(bytes, n, &back, NULL), FCAST_OK);
  assert_true(json_equal(document, back));
  json_decref(back);
  json_decref(document);
  fcast_free(bytes);
}

static void test_small_pickle_is_small(void **state) {
  (void)state;
  json_t *document = json_pack("{s:i}", "a", 1);
  unsigned char *bytes = NULL;
  size_t n = 0;
  assert_int_equal(fcast_pickle_write(document, &bytes, &n, NULL), FCAST_OK);
  assert_in_range(n, 100, 200);
  json_decref(document);
  fcast_free(bytes);
}

static void test_writer_refuses(void **state) {
  (void)state;
  unsigned char *bytes = NULL;
  size_t n = 0;
  json_t *zero = json_stringn("a\0b", 3);
  assert_int_equal(fcast_pickle_write(zero, &bytes, &n, NULL), FCAST_E_ARG);
  json_decref(zero);
  json_t *deep = json_array();
  for (int i = 0; i < 70; i++) {
    json_t *outer = json_array();
    assert_int_equal(json_array_append_new(outer, deep), 0);
    deep = outer;
  }
  assert_int_equal(fcast_pickle_write(deep, &bytes, &n, NULL), FCAST_E_ARG);
  assert_null(bytes);
  json_decref(deep);
}

/* Python writes NUMBER.pickle and NUMBER.json beside it: what the pickle must come back as. */
static const char make_good[] =
    "import sys, json, pickle, numpy as np\n"
    "shared = [1, 2]\n"
    "plain = {'sim': {'N': 40, 'T': 2.0, 'bc': 'periodic'}, 'l': [1, -5, 70000, -3.5, 2**40, -2**62, 2**63 - 1],\n"
    "         't': (1, (2, 'x'), ()), 'b': [True, False, None], 'e': {}, 'u': '\\u00e9\\u4e2d\\U0001f600',\n"
    "         's': [shared, shared], 'long': 'x' * 300, 'f': float('inf'), 'g': float('-inf'), 'h': float('nan')}\n"
    "expected = dict(plain, t=[1, [2, 'x'], []], f='inf', g='-inf', h='nan')\n"
    "scalars = {'f8': np.float64(0.1), 'f4': np.float32(1.5), 'i8': np.int64(-7), 'i4': np.int32(-70000),\n"
    "           'i1': np.int8(-3), 'u8': np.uint64(5), 'u2': np.uint16(65535), 'b': np.bool_(True),\n"
    "           'n': np.bool_(False), 's': np.str_('ring \\u00e9'), 'nan': np.float64('nan')}\n"
    "expected_scalars = {'f8': 0.1, 'f4': 1.5, 'i8': -7, 'i4': -70000, 'i1': -3, 'u8': 5, 'u2': 65535, 'b': True,\n"
    "                    'n': False, 's': 'ring \\u00e9', 'nan': 'nan'}\n"
    "many = {'k%d' % i: [i, str(i)] for i in range(3000)}\n"
    "cases = [(plain, expected), (scalars, expected_scalars), (many, many), ({}, {}), ([], []), ('x', 'x'), (7, 7),\n"
    "         (1.5, 1.5), (None, None), (np.float64(2.5), 2.5)]\n"
    "k = 0\n"
    "for value, wanted in cases:\n"
    "    for protocol in (2, 3, 4, 5):\n"
    "        array = np.empty((), dtype=object)\n"
    "        array[()] = value\n"
    "        one = np.empty((1,), dtype=object)\n"
    "        one[0] = value\n"
    "        for made in (array, one, value):\n"
    "            data = pickle.dumps(made, protocol=protocol)\n"
    "            new = data.replace(b'numpy.core.multiarray', b'numpy._core.multiarray') if protocol < 4 else data\n"
    "            for variant in {data, new}:\n"
    "                open('%s/%d.pickle' % (sys.argv[1], k), 'wb').write(variant)\n"
    "                json.dump(wanted, open('%s/%d.json' % (sys.argv[1], k), 'w'))\n"
    "                k += 1\n"
    "open(sys.argv[1] + '/2.py2', 'wb').write(b'\\x80\\x02}q\\x00(U\\x01aq\\x01K\\x01U\\x01bq\\x02'\n"
    "  "
    "b'cnumpy.core.multiarray\\nscalar\\nq\\x03cnumpy\\ndtype\\nq\\x04U\\x02f8q\\x05K\\x00K\\x01\\x87q\\x06Rq\\x07("
    "K\\x03U\\x01<'\n"
    "  "
    "b'q\\x08NNNJ\\xff\\xff\\xff\\xffJ\\xff\\xff\\xff\\xffK\\x00tq\\tbU\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x04@"
    "q\\n\\x86q\\x0bRq\\x0cu.')\n"
    "open(sys.argv[1] + '/count', 'w').write(str(k))\n";

static void check_good(int number) {
  char name[64];
  char path[SCRATCH_PATH];
  size_t n = 0;
  json_t *value = NULL;
  fcast_error err = {0};
  (void)snprintf(name, sizeof name, "%d.pickle", number);
  unsigned char *bytes = read_file(name, &n);
  (void)snprintf(name, sizeof name, "%d.json", number);
  json_t *wanted = json_load_file(scratch_path(scratch_directory, name, path), JSON_DECODE_ANY, NULL);
  assert_non_null(wanted);
  if (fcast_pickle_read(bytes, n, &value, &err) != FCAST_OK) {
    fail_msg("%s: %s", name, err.text);
  }
  if (!json_equal(value, wanted)) {
    char *found = json_dumps(value, JSON_ENCODE_ANY);
    fail_msg("%s: found %.300s", name, found);
  }
  json_decref(value);
  json_decref(wanted);
  fcast_free(bytes);
}

/* What JSON has no place for does not hide what it has: one value each beside an ordinary one. */
static const char make_harmless[] =
    "import sys, json, pickle, collections, datetime, decimal, pathlib, numpy as np\n"
    "hidden = [np.arange(3), np.arange(6.0).reshape(2, 3), np.zeros((0, 2)), np.array([{}, {}], dtype=object), b'x', "
    "bytearray(b'x'), 1j,\n"
    "          np.complex128(1), 2**70, -2**3000, np.uint64(2**64 - 1), np.datetime64(1, 's'), np.dtype('f8'), "
    "np.ndarray,\n"
    "          datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), datetime.timedelta(1), "
    "decimal.Decimal('0.1'),\n"
    "          pathlib.Path('/tmp/x'), range(3), slice(1, 2), np.zeros(2, dtype='i4,f8')]\n"
    "cases = [({'a': value, 'b': 1}, {'a': '(not shown)', 'b': 1}) for value in hidden]\n"
    "cases += [({1: 2, None: 3, (1, 'x'): 4, 0.5: 5, True: 6}, {'1': 6, 'null': 3, '[1,\"x\"]': 4, '0.5': 5}),\n"
    "          ({1: 'a', '1': 'b'}, {'1': 'b', '1 (2)': 'a'}),\n"
    "          ({'1 (2)': 0, '1': 1, 1: 2, (): 3, '[]': 4}, {'1 (2)': 0, '1': 1, '1 (3)': 2, '[]': 4, '[] (4)': 3}),\n"
    "          ({datetime.date(2020, 1, day): day for day in (1, 2, 3)},\n"
    "           {'(not shown)': 1, '(not shown) (2)': 2, '(not shown) (3)': 3}),\n"
    "          ({datetime.date.fromordinal(day): day for day in range(1, 3001)},\n"
    "           {'(not shown)' + ' (%d)' % day * (day > 1): day for day in range(1, 3001)}),\n"
    "          ({b'k': 1}, {'(not shown)': 1}), ({'s': {7}, 'f': frozenset([8]), 'e': set()}, {'s': [7], 'f': [8], "
    "'e': []}),\n"
    "          (collections.OrderedDict([('z', 1), ('a', [2])]), {'z': 1, 'a': [2]})]\n"
    "k = 0\n"
    "for value, wanted in cases:\n"
    "    for protocol in (2, 3, 4, 5):\n"
    "        array = np.empty((), dtype=object)\n"
    "        array[()] = value\n"
    "        open('%s/%d.pickle' % (sys.argv[1], k), 'wb').write(pickle.dumps(array, protocol=protocol))\n"
    "        json.dump(wanted, open('%s/%d.json' % (sys.argv[1], k), 'w'))\n"
    "        k += 1\n"
    "open(sys.argv[1] + '/count', 'w').write(str(k))\n";

static void check_all(const char *script) {
  assert_int_equal(scratch_python(scratch_directory, script), 0);
  size_t n = 0;
  unsigned char *count = read_file("count", &n);
  const long n_cases = strtol((char *)count, NULL, 10);
  fcast_free(count);
  assert_in_range(n_cases, 100, 1000);
  for (int i = 0; i < n_cases; i++) {
    check_good(i);
  }
}

static void test_reads_python_and_numpy(void **state) {
  (void)state;
  check_all(make_good);
}

static void test_harmless_values_do_not_hide_others(void **state) {
  (void)state;
  check_all(make_harmless);
}

static void test_reads_python_2(void **state) {
  (void)state;
  size_t n = 0;
  unsigned char *bytes = read_file("2.py2", &n);
  json_t *value = NULL;
  json_t *wanted = json_pack("{s:i, s:f}", "a", 1, "b", 2.5);
  fcast_error err = {0};
  if (fcast_pickle_read(bytes, n, &value, &err) != FCAST_OK) {
    fail_msg("%s", err.text);
  }
  assert_true(json_equal(value, wanted));
  json_decref(value);
  json_decref(wanted);
  fcast_free(bytes);
}

typedef struct hostile_case {
  const char *bytes;
  size_t n;
  const char *reason; /* part of the message */
} hostile_case;

#define HOSTILE(text, reason)                                                                                          \
  { text, sizeof text - 1, reason }

static const hostile_case hostile_cases[] = {
    HOSTILE("\x80\x03"
            "cos\nsystem\nX\x04\0\0\0true\x85R.",
            "os.system"),
    HOSTILE("\x80\x03"
            "cbuiltins\neval\nX\x01\0\0\0"
            "1\x85R.",
            "builtins.eval"),
    HOSTILE("\x80\x03"
            "cposix\nsystem\nN.",
            "posix.system"),
    HOSTILE("\x80\x03"
            "cnumpy\nload\nN.",
            "numpy.load"),
    HOSTILE("\x80\x03"
            "cnumpy.core.multiarray\n_reconstruct.x\nN.",
            "_reconstruct.x"),
    HOSTILE("\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.", "os.system"),
    HOSTILE("\x80\x04K\x01K\x02\x93.", "not a string"),
    HOSTILE("\x80\x03(ios\nsystem\n.", "INST"),
    HOSTILE("\x80\x03(cos\nsystem\no.", "os.system"),
    HOSTILE("\x80\x03(cnumpy\nndarray\no.", "OBJ"),
    HOSTILE("\x80\x03"
            "cnumpy\nndarray\n)\x81.",
            "NEWOBJ"),
    HOSTILE("\x80\x04"
            "cnumpy\nndarray\n)}\x92.",
            "NEWOBJ_EX"),
    HOSTILE("\x80\x03Pid\n.", "PERSID"),
    HOSTILE("\x80\x03K\x01Q.", "BINPERSID"),
    HOSTILE("\x80\x03\x82\x01.", "EXT1"),
    HOSTILE("\x80\x05\x97.", "NEXT_BUFFER"),
    HOSTILE("\x80\x03"
            "cnumpy\nndarray\n)R.",
            "a call of a class"),
    HOSTILE("\x80\x03]K\x01\x85R.", "a call of a list"),
    HOSTILE("\x80\x03"
            "X\x01\0\0\0x)R.",
            "a call of a string"),
    HOSTILE("\x80\x03"
            "cnumpy\ndtype\n]R.",
            "a call"),
    HOSTILE("\x80\x03"
            "cnumpy\ndtype\n)R.",
            "dtype without a name"),
    HOSTILE("\x80\x03"
            "cnumpy.core.multiarray\n_reconstruct\n)R.",
            "_reconstruct"),
    HOSTILE("\x80\x03"
            "cnumpy.core.multiarray\n_reconstruct\nNNN\x87R.",
            "_reconstruct"),
    HOSTILE("\x80\x03"
            "cnumpy.core.multiarray\nscalar\nNN\x86R.",
            "scalar"),
    HOSTILE("\x80\x03"
            "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\0\0\0f8\x85RC\x01x\x86R.",
            "type f8"),
    HOSTILE("\x80\x03"
            "c_codecs\nencode\nX\x01\0\0\0aX\x04\0\0\0utf7\x86R.",
            "latin1"),
    HOSTILE("\x80\x03"
            "c_codecs\nencode\nX\x02\0\0\0\xc4\x80X\x06\0\0\0latin1\x86R.",
            "latin1"),
    HOSTILE("\x80\x03}}X\x0c\0\0\0__setstate__cnumpy\nndarray\nsb.", "a state for a dict"),
    HOSTILE("\x80\x03"
            "cnumpy\nndarray\n}b.",
            "a state for a class"),
    HOSTILE("\x80\x03"
            "cnumpy\ndtype\nX\x02\0\0\0O8\x85R}b.",
            "a state for a dtype"),
    HOSTILE("\x80\x03"
            "cnumpy\ndtype\nX\x02\0\0\0O8\x85RK\x03X\x01\0\0\0x\x86"
            "b.",
            "byte order"),
    HOSTILE("\x80\x03]q\0h\0a.", "contains itself"),
    HOSTILE("\x80\x03}q\0X\x01\0\0\0ah\0s.", "contains itself"),
    HOSTILE("\x80\x03]q\0(h\0h\0e.", "contains itself"),
    HOSTILE("\x80\x03]q\0h\0\x85q\1a.", "contains itself"),
    HOSTILE("\x80\x03}(X\x01\0\0\0aK\x02K\x03u.", "no value"),
    HOSTILE("\x80\x03K\x01K\x02s.", "neither a list"),
    HOSTILE("\x80\x03K\x01K\x02"
            "a.",
            "neither a list"),
    HOSTILE("\x80\x03K\x02"
            "a.",
            "neither a list"),
    HOSTILE("\x80\x03](K\x01"
            "a.",
            "neither a list"),
    HOSTILE("\x80\x03](a.", "a mark"),
    HOSTILE("\x80\x03(.", "too few"),
    HOSTILE("\x80\x03"
            "0.",
            "too few"),
    HOSTILE("\x80\x03"
            "2.",
            "too few"),
    HOSTILE("\x80\x03\x85.", "too few"),
    HOSTILE("\x80\x03(\x85.", "too few"),
    HOSTILE("\x80\x03t.", "no mark"),
    HOSTILE("\x80\x03"
            "1.",
            "no mark"),
    HOSTILE("\x80\x03h\0.", "not there"),
    HOSTILE("\x80\x03j\xff\xff\xff\xff.", "not there"),
    HOSTILE("\x80\x03Nr\xff\xff\xff\xff.", "too many"),
    HOSTILE("\x80\x03K\x01K\x02.", "left over"),
    HOSTILE("\x80\x03K\x01.N", "left over"),
    HOSTILE("\x80\x03\x8b\xff\xff\xff\x7f.", "ends early"),
    HOSTILE("\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\xff.", "ends early"),
    HOSTILE("\x80\x04K\x01\x90.", "no mark"),
    HOSTILE("\x80\x04\x8fq\0(h\0\x90.", "contains itself"),
    HOSTILE("\x80\x03}q\0h\0K\x01s.", "contains itself"),
    HOSTILE("\x80\x03}(K\x01u.", "no value"),
    HOSTILE("\x80\x03"
            "cbuiltins\nset\nK\x01\x85R.",
            "a set of something else"),
    HOSTILE("\x80\x03"
            "cdatetime\ndatetime\n]R.",
            "a call"),
    HOSTILE("\x80\x03"
            "cdatetime\ndatetime\n)R}b.",
            "a state for a value that is not shown"),
    HOSTILE("\x80\x03"
            "cbuiltins\ngetattr\nN.",
            "builtins.getattr"),
    HOSTILE("\x80\x03"
            "cdatetime\nsys\nN.",
            "datetime.sys"),
    HOSTILE("\x80\x03X\xff\xff\xff\xff"
            "abc.",
            "ends early"),
    HOSTILE("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
            "abc.",
            "ends early"),
    HOSTILE("\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff"
            "N.",
            "ends early"),
    HOSTILE("\x80\x03X\x02\0\0\0\xc3\x28.", "UTF-8"),
    HOSTILE("\x80\x03X\x03\0\0\0a\0b.", "0 byte"),
    HOSTILE("\x80\x06N.", "protocol 6"),
    HOSTILE("\x80\x01N.", "protocol 1"),
    HOSTILE("N.", "protocol"),
    HOSTILE("\x80\x03\xff.", "0xff"),
    HOSTILE("I1\n.", "protocol"),
    HOSTILE("", "ends early"),
};

static void expect_refusal(const unsigned char *bytes, size_t n, const char *reason) {
  /* A copy of exactly this size, so that the address sanitizer sees a read beyond the end. */
  unsigned char *copy = malloc(n > 0 ? n : 1);
  assert_non_null(copy);
  memcpy(copy, bytes, n);
  json_t *value = NULL;
  fcast_error err = {0};
  assert_int_equal(fcast_pickle_read(copy, n, &value, &err), FCAST_E_FORMAT);
  assert_null(value);
  if (reason != NULL && strstr(err.text, reason) == NULL) {
    fail_msg("found '%s', expected '%s' in it", err.text, reason);
  }
  free(copy);
}

static void test_hostile_pickles(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof hostile_cases / sizeof hostile_cases[0]; i++) {
    const hostile_case *one = &hostile_cases[i];
    expect_refusal((const unsigned char *)one->bytes, one->n, one->reason);
  }
}

/* Python's own attempts: none may come back as data, and none may leave the file it tries to make. */
static void test_nothing_is_run(void **state) {
  (void)state;
  assert_int_equal(
      scratch_python(
          scratch_directory,
          "import sys, os, pickle, collections, datetime, pathlib, numpy as np\n"
          "class Run:\n"
          "    def __reduce__(self): return (os.system, ('touch %s/ran' % sys.argv[1],))\n"
          "class Call:\n"
          "    def __reduce__(self): return (eval, ('1 + 1',))\n"
          "def boxed(v):\n"
          "    a = np.empty((), dtype=object); a[()] = {'config': v}; return a\n"
          "values = [Run(), Call(), {'a': Run()}, boxed(Run()), collections.OrderedDict(a=Run()), boxed({Run(): 1}),\n"
          "          boxed({1, Run()}), boxed(int), boxed(collections.Counter(a=1)), boxed(os.system),\n"
          "          np.array([{}, Run()], dtype=object), [np.arange(3.0), Run()], [pathlib.Path('/'), Run()],\n"
          "          [datetime.date(2020, 1, 1), Call()]]\n"
          "k = 0\n"

          "for v in values:\n"
          "    for protocol in (2, 3, 4, 5):\n"
          "        data = pickle.dumps(v, protocol=protocol)\n"
          "        open('%s/bad%d' % (sys.argv[1], k), 'wb').write(data)\n"
          "        k += 1\n"),
      0);
  for (int i = 0; i < 56; i++) {
    char name[64];
    size_t n = 0;
    (void)snprintf(name, sizeof name, "bad%d", i);
    unsigned char *bytes = read_file(name, &n);
    expect_refusal(bytes, n, NULL);
    fcast_free(bytes);
  }
  char path[SCRATCH_PATH];
  assert_false(fcast_file_exists(scratch_path(scratch_directory, "ran", path)));
}

/* Lists of lists of lists, ten times the one before at each level: 10^30 values from 300 bytes. */
static void test_shared_references_do_not_explode(void **state) {
  (void)state;
  unsigned char bytes[2048] = {0x80, 3, ']', 'q', 0};
  size_t n = 5;
  for (unsigned char level = 1; level <= 30; level++) {
    bytes[n++] = ']';
    bytes[n++] = '(';
    for (int i = 0; i < 10; i++) {
      bytes[n++] = 'h';
      bytes[n++] = (unsigned char)(level - 1);
    }
    bytes[n++] = 'e';
    bytes[n++] = 'q';
    bytes[n++] = level;
  }
  /* Only the outermost list is to be left on the stack. */
  bytes[n++] = '(';
  bytes[n++] = '1';
  for (int i = 0; i < 31; i++) {
    bytes[n++] = '0';
  }
  bytes[n++] = 'h';
  bytes[n++] = 30;
  bytes[n++] = '.';
  expect_refusal(bytes, n, "more data");
}

static void test_deep_nesting_is_refused(void **state) {
  (void)state;
  const size_t depth = 100000;
  unsigned char *bytes = malloc(2 * depth + 8);
  assert_non_null(bytes);
  size_t n = 0;
  bytes[n++] = 0x80;
  bytes[n++] = 3;
  bytes[n++] = 'N';
  for (size_t i = 0; i < depth; i++) {
    bytes[n++] = 0x85;
  }
  bytes[n++] = '.';
  expect_refusal(bytes, n, "too deep");
  free(bytes);
}

static void test_every_truncation_is_refused(void **state) {
  (void)state;
  for (int i = 0; i < 24; i++) {
    char name[64];
    size_t n = 0;
    (void)snprintf(name, sizeof name, "%d.pickle", i);
    unsigned char *bytes = read_file(name, &n);
    for (size_t length = 0; length < n; length++) {
      expect_refusal(bytes, length, NULL);
    }
    fcast_free(bytes);
  }
}

/* Any single byte changed: whatever comes back, it comes back in order. */
static void test_changed_bytes_do_no_harm(void **state) {
  (void)state;
  for (int i = 0; i < 24; i += 5) {
    char name[64];
    size_t n = 0;
    (void)snprintf(name, sizeof name, "%d.pickle", i);
    unsigned char *bytes = read_file(name, &n);
    for (size_t at = 0; at < n; at++) {
      const unsigned char original = bytes[at];
      for (unsigned int change = 1; change < 256; change += 7) {
        json_t *value = NULL;
        bytes[at] = (unsigned char)(original ^ change);
        const fcast_status status = fcast_pickle_read(bytes, n, &value, NULL);
        assert_true(status == FCAST_E_FORMAT || (status == FCAST_OK && value != NULL));
        json_decref(value);
      }
      bytes[at] = original;
    }
    fcast_free(bytes);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_python_reads_ours),
      cmocka_unit_test(test_ours_comes_back),
      cmocka_unit_test(test_small_pickle_is_small),
      cmocka_unit_test(test_writer_refuses),
      cmocka_unit_test(test_harmless_values_do_not_hide_others),
      cmocka_unit_test(test_reads_python_and_numpy),
      cmocka_unit_test(test_reads_python_2),
      cmocka_unit_test(test_hostile_pickles),
      cmocka_unit_test(test_nothing_is_run),
      cmocka_unit_test(test_shared_references_do_not_explode),
      cmocka_unit_test(test_deep_nesting_is_refused),
      cmocka_unit_test(test_every_truncation_is_refused),
      cmocka_unit_test(test_changed_bytes_do_no_harm),
  };
  return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
