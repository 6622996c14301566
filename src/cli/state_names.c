/* SPDX-License-Identifier: MIT */
#include "cli/state_names.h"

const char *fcast_basis_name(fcast_basis basis) {
  static const char *const names[] = {"pod", "fourier", "aligned"};
  return names[basis];
}

const char *fcast_basis_in_words(fcast_basis basis) {
  static const char *const words[] = {"POD", "Fourier", "aligned"};
  return words[basis];
}

const char *fcast_state_in_words(size_t n_moments) {
  static const char *const words[] = {"density", "density and momentum", "density, momentum and nematic tensor"};
  return words[n_moments];
}
