/* SPDX-License-Identifier: MIT
 *
 * Scratch: a directory for the files of a test, and Python scripts that make files with NumPy or look at ours.
 */
#ifndef FLOCKCAST_TESTS_SCRATCH_H
#define FLOCKCAST_TESTS_SCRATCH_H

enum { SCRATCH_PATH = 512 };

/* A new directory under $TMPDIR or /tmp, removed again with all it holds by scratch_remove. They abort on failure. */
void scratch_make(char directory[SCRATCH_PATH]);
void scratch_remove(const char *directory);

/* A directory for a group of tests, and the fixtures of cmocka that make and remove it. */
extern char scratch_directory[SCRATCH_PATH];
int scratch_set_up(void **state);
int scratch_tear_down(void **state);

/* "DIRECTORY/NAME" in a buffer of the caller. */
const char *scratch_path(const char *directory, const char *name, char path[SCRATCH_PATH]);

/* Run `program` with /usr/bin/python3; it finds `directory` in sys.argv[1]. Its exit status: 0 where every assertion in
 * it held. */
int scratch_python(const char *directory, const char *program);

#endif
