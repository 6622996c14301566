/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"

#include "base/cpu.h"
#include "flockcast/random.h"
#include "io/libraries.h"
#include "io/provenance.h"
#include "linalg/blas_facts.h"

#ifdef FCAST_WITH_RENDER
#include "flockcast/render.h"
#endif

#include <string.h>

/* numpy.random.default_rng(1000): three of random(), then three of standard_normal(). */
static fcast_status check_random(fcast_error *err) {
  static const double known[6] = {0.5213857379750627, 0.6038418470063296,  0.47094179732225394,
                                  1.9705268821057156, 0.15518366148558976, -1.2577654473976825};
  fcast_random random;
  double found[6];
  fcast_random_init(&random, FCAST_RANDOM_PCG64, 1000);
  fcast_random_uniform(&random, FCAST_STREAM_POSITIONS, 0, 3, found);
  fcast_random_normal(&random, FCAST_STREAM_NOISE, 0, 3, found + 3);
  for (size_t i = 0; i < 6; i++) {
    if (found[i] != known[i]) {
      return fcast_fail(err, FCAST_E_NUMERIC, "random number %zu of seed 1000: found %.17g, expected %.17g", i,
                        found[i], known[i]);
    }
  }
  return FCAST_OK;
}

static void check_numbers(fcast_findings *findings) {
  static const char advice[] = "do not use this build: compile again, with another compiler or BLAS";
  fcast_error err = {FCAST_OK, ""};
  const bool is_random = check_random(&err) == FCAST_OK;
  fcast_findings_add(findings, "random_numbers", is_random ? FCAST_HEALTH_OK : FCAST_HEALTH_MISSING, advice, "%s",
                     is_random ? "those of NumPy's default_rng" : err.text);
  const bool is_linear = fcast__blas_check(&err) == FCAST_OK;
  fcast_findings_add(findings, "linear_algebra", is_linear ? FCAST_HEALTH_OK : FCAST_HEALTH_MISSING, advice, "%s",
                     is_linear ? "products and eigenvalues of a known problem are right" : err.text);
}

static void check_blas(fcast_findings *findings) {
  char name[FCAST_BLAS_NAME];
  fcast__blas_name(name);
  const int n_threads = fcast__blas_threads();
  const bool is_openmp = fcast__blas_is_openmp();
  const bool is_reference = strstr(name, "libblas") != NULL;
  fcast_findings_add(findings, "blas", is_openmp || is_reference ? FCAST_HEALTH_NOTE : FCAST_HEALTH_OK,
                     is_openmp ? "its OpenMP threads wait badly beside ours: apt-get install libopenblas0-pthread, or "
                                 "module load another"
                               : "the reference BLAS is slow: apt-get install libopenblas0-pthread, or module load one",
                     n_threads > 0 ? "%s; %d threads of its own, of which one is used" : "%s", name, n_threads);
}

void fcast_doctor_build(fcast_findings *findings) {
  fcast_library library;
  fcast_findings_add(findings, "program", FCAST_HEALTH_OK, "", "flockcast %s", fcast_build());
  check_blas(findings);
  check_numbers(findings);
  fcast_findings_add(
      findings, "vector_instructions", fcast__cpu_highest() == FCAST_CPU_BASELINE ? FCAST_HEALTH_NOTE : FCAST_HEALTH_OK,
      "simulating is slower without AVX2; results are the same", "%s", fcast__cpu_level_name(fcast__cpu_level()));
  for (size_t i = 0; fcast_library_at(i, &library); i++) {
    fcast_findings_add(findings, library.name, FCAST_HEALTH_OK, "", "%s", library.version);
  }
  fcast_findings_add(findings, "compression", fcast_can_compress() ? FCAST_HEALTH_OK : FCAST_HEALTH_NOTE,
                     "output.compress=true does not work: build against a libzip with zlib",
                     "libzip %s write deflated members", fcast_can_compress() ? "can" : "cannot");
}

/* --- the light half --- */

#ifdef FCAST_WITH_RENDER
void fcast_doctor_light(fcast_findings *findings) {
  fcast_render_facts facts;
  fcast_render_facts_find(&facts);
  fcast_findings_add(findings, "cairo", FCAST_HEALTH_OK, "", "%s", facts.cairo);
  fcast_findings_add(findings, "pango", FCAST_HEALTH_OK, "", "%s", facts.pango);
  fcast_findings_add(findings, "libav", FCAST_HEALTH_OK, "", "%s", facts.libav);
  fcast_findings_add(findings, "film_encoder", facts.has_film_encoder ? FCAST_HEALTH_OK : FCAST_HEALTH_MISSING,
                     "no films: install a libavcodec with libx264 (Debian: apt-get install libavcodec59)", "%s",
                     facts.has_film_encoder ? "libx264" : "libavcodec has no libx264");
  const bool has_font = facts.font[0] != '\0';
  fcast_findings_add(findings, "font",
                     !has_font                               ? FCAST_HEALTH_MISSING
                     : strncmp(facts.font, "DejaVu", 6) == 0 ? FCAST_HEALTH_OK
                                                             : FCAST_HEALTH_NOTE,
                     has_font ? "figures are made for DejaVu Sans: apt-get install fonts-dejavu-core"
                              : "figures would have no text: apt-get install fonts-dejavu-core",
                     "%s", has_font ? facts.font : "none");
}
#else
void fcast_doctor_light(fcast_findings *findings) {
  fcast_findings_add(findings, "figures_and_films", FCAST_HEALTH_NOTE,
                     "a cluster needs none; elsewhere build with -DFCAST_RENDER=ON, which needs cairo, pango and libav",
                     "not in this build");
}
#endif
