/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "io/libraries.h"

#include <dlfcn.h>
#include <jansson.h>
#include <string.h>
#include <yaml.h>
#include <zip.h>

/* zlib comes with libzip and is not called here. */
static const char *zlib_version(void) {
  const char *(*version)(void);
  void *const found = dlsym(RTLD_DEFAULT, "zlibVersion");
  if (found == NULL) {
    return "not said";
  }
  memcpy(&version, &found, sizeof version); /* ISO C has no cast from object to function pointer */
  return version();
}

bool fcast_library_at(size_t i, fcast_library *out) {
  const fcast_library all[] = {{"libzip", zip_libzip_version()},
                               {"zlib", zlib_version()},
                               {"libyaml", yaml_get_version_string()},
                               {"jansson", JANSSON_VERSION}};
  if (i >= sizeof all / sizeof all[0]) {
    return false;
  }
  *out = all[i];
  return true;
}

bool fcast_can_compress(void) {
  return zip_compression_method_supported(ZIP_CM_DEFLATE, 1) == 1;
}
