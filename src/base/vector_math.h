/* SPDX-License-Identifier: MIT
 *
 * Logarithm, sine, cosine and inverse root of eight doubles within 2 units in the last place, powers of two within 4.
 *
 * The polynomials, the splitting of pi/2 and of ln 2 are those of fdlibm (Sun Microsystems 1993; e_log.c, k_sin.c,
 * k_cos.c, e_rem_pio2.c), as most C libraries have them; the branches are gone.
 */
#ifndef FLOCKCAST_BASE_VECTOR_MATH_H
#define FLOCKCAST_BASE_VECTOR_MATH_H

#include "base/lanes.h"

/* c0 + z (c1 + z (c2 + ...)), highest last. */
FCAST_INLINE lanes lanes_polynomial(lanes z, const double *coefficients, int n) {
  lanes value = lanes_splat(coefficients[n - 1]);
  FCAST_UNROLL
  for (int k = n - 2; k >= 0; k--) {
    value = lanes_add(lanes_splat(coefficients[k]), lanes_mul(z, value));
  }
  return value;
}

/* 1 / sqrt(a) for a from 1e-37 to 1e38. Root and division are those of single precision, which take a third of the time
 * of double ones and are as exactly defined; y (1 + h / 2 + 3 h^2 / 8), where h = 1 - a y^2, makes up for the rest. */
FCAST_INLINE lanes lanes_inverse_root(lanes a) {
  const lanes y = lanes_inverse_root_rough(a);
  const lanes h = lanes_sub(lanes_splat(1.0), lanes_mul(lanes_mul(a, y), y));
  const lanes correction = lanes_mul(h, lanes_add(lanes_splat(0.5), lanes_mul(lanes_splat(0.375), h)));
  return lanes_add(y, lanes_mul(y, correction));
}

/* c0 + c1 x. */
FCAST_INLINE lanes lanes_linear(lanes x, double c0, double c1) {
  return lanes_add(lanes_splat(c0), lanes_mul(x, lanes_splat(c1)));
}

/* 2^t for t <= 0; where it would be below 2^-1022, that. 2^(t - n), n the nearest integer, is the polynomial of degree
 * 10 with the least relative error on [-1/2, 1/2], 2.2e-16, evaluated as Estrin did: two by two, four by four. */
FCAST_INLINE lanes lanes_exp2_of_negative(lanes t) {
  const lanes rounder = lanes_splat(FCAST_ROUNDER);
  const lanes bounded = lanes_max(t, lanes_splat(-1022.0));
  const lanes rounded = lanes_add(bounded, rounder);
  const lanes x = lanes_sub(bounded, lanes_sub(rounded, rounder));
  const lanes_bits scale = bits_left(lanes_as_bits(rounded), 52);
  const lanes c01 = lanes_linear(x, 1.0, 0.69314718055995);
  const lanes c23 = lanes_linear(x, 0.24022650695910097, 0.05550410866444772);
  const lanes c45 = lanes_linear(x, 0.009618129107606888, 0.0013333558230164974);
  const lanes c67 = lanes_linear(x, 0.0001540353044173605, 1.5252657260200837e-05);
  const lanes c89 = lanes_linear(x, 1.321544258792169e-06, 1.0208690299958306e-07);
  const lanes x2 = lanes_mul(x, x);
  const lanes x4 = lanes_mul(x2, x2);
  const lanes lowest = lanes_add(c01, lanes_mul(x2, c23));
  const lanes middle = lanes_add(c45, lanes_mul(x2, c67));
  const lanes highest = lanes_add(c89, lanes_mul(x2, lanes_splat(7.072585949269223e-09)));
  const lanes power = lanes_add(lowest, lanes_mul(x4, lanes_add(middle, lanes_mul(x4, highest))));
  return bits_as_lanes(bits_add(lanes_as_bits(power), scale));
}

/* log(a) for normal a > 0: a = 2^k (1 + f) with 1 + f from sqrt(1/2) to sqrt(2). */
FCAST_INLINE lanes lanes_log(lanes a) {
  static const double even[] = {3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01};
  static const double odd[] = {6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01,
                               1.479819860511658591e-01};
  const double ln2_high = 6.93147180369123816490e-01;
  const double ln2_low = 1.90821492927058770002e-10;
  const uint64_t sqrt_half_bits = 0x3fe6a09e00000000;
  const lanes_bits moved = bits_add(lanes_as_bits(a), bits_splat(0x3ff0000000000000 - sqrt_half_bits));
  const lanes fraction =
      bits_as_lanes(bits_add(bits_and(moved, bits_splat(0x000fffffffffffff)), bits_splat(sqrt_half_bits)));
  const lanes k = lanes_sub(bits_to_double(bits_right(moved, 52)), lanes_splat(1023.0));
  const lanes f = lanes_sub(fraction, lanes_splat(1.0));
  const lanes half_square = lanes_mul(lanes_mul(lanes_splat(0.5), f), f);
  const lanes s = lanes_div(f, lanes_add(lanes_splat(2.0), f));
  const lanes z = lanes_mul(s, s);
  const lanes w = lanes_mul(z, z);
  const lanes rest = lanes_add(lanes_mul(z, lanes_polynomial(w, odd, 4)), lanes_mul(w, lanes_polynomial(w, even, 3)));
  const lanes tail = lanes_add(lanes_mul(s, lanes_add(half_square, rest)), lanes_mul(k, lanes_splat(ln2_low)));
  return lanes_add(lanes_add(lanes_sub(tail, half_square), f), lanes_mul(k, lanes_splat(ln2_high)));
}

/* Sine and cosine of y + tail for |y| <= pi/4, turned by quarter (its lowest two bits) times pi/2. */
FCAST_INLINE void lanes_sincos_reduced(lanes y, lanes tail, lanes_bits quarter, lanes *sine, lanes *cosine) {
  static const double sine_rest[] = {8.33333333332248946124e-03, -1.98412698298579493134e-04,
                                     2.75573137070700676789e-06, -2.50507602534068634195e-08,
                                     1.58969099521155010221e-10};
  static const double cosine_rest[] = {4.16666666666666019037e-02, -1.38888888888741095749e-03,
                                       2.48015872894767294178e-05, -2.75573143513906633035e-07,
                                       2.08757232129817482790e-09, -1.13596475577881948265e-11};
  const double third = -1.66666666666666324348e-01;
  const lanes half = lanes_splat(0.5);
  const lanes one = lanes_splat(1.0);
  const lanes z = lanes_mul(y, y);
  const lanes v = lanes_mul(z, y);
  const lanes s_rest = lanes_polynomial(z, sine_rest, 5);
  const lanes s_low = lanes_sub(lanes_mul(z, lanes_sub(lanes_mul(half, tail), lanes_mul(v, s_rest))), tail);
  const lanes s = lanes_sub(y, lanes_sub(s_low, lanes_mul(v, lanes_splat(third))));
  const lanes half_z = lanes_mul(half, z);
  const lanes c_rest = lanes_mul(z, lanes_polynomial(z, cosine_rest, 6));
  const lanes w = lanes_sub(one, half_z);
  const lanes c_low = lanes_sub(lanes_mul(z, c_rest), lanes_mul(y, tail));
  const lanes c = lanes_add(w, lanes_add(lanes_sub(lanes_sub(one, w), half_z), c_low));

  const lanes_mask is_swapped = mask_of_odd(quarter);
  const lanes_bits sine_sign = bits_left(bits_right(quarter, 1), 63);
  const lanes_bits cosine_sign = bits_left(bits_right(bits_add(quarter, bits_splat(1)), 1), 63);
  *sine = bits_as_lanes(bits_xor(lanes_as_bits(lanes_choose(is_swapped, c, s)), sine_sign));
  *cosine = bits_as_lanes(bits_xor(lanes_as_bits(lanes_choose(is_swapped, s, c)), cosine_sign));
}

/* Sine and cosine of 2 pi u for u in [0, 1], a multiple of 2^-53: the quarter is taken off exactly, and the rest is
 * multiplied by 2 pi in two parts, of which the product of the first is exact. */
FCAST_INLINE void lanes_sincos_of_turn(lanes u, lanes *sine, lanes *cosine) {
  const lanes two_pi_high = lanes_splat(0x1.921fb5p+2);
  const lanes two_pi_low = lanes_splat(0x1.110b4611a6263p-24);
  const lanes rounder = lanes_splat(FCAST_ROUNDER);
  const lanes rounded = lanes_add(lanes_mul(lanes_splat(4.0), u), rounder);
  const lanes quarter = lanes_sub(rounded, rounder);
  const lanes rest = lanes_sub(u, lanes_mul(lanes_splat(0.25), quarter));
  const lanes rest_high = bits_as_lanes(bits_and(lanes_as_bits(rest), bits_splat(0xfffffffff8000000)));
  const lanes rest_low = lanes_sub(rest, rest_high);
  const lanes high = lanes_mul(two_pi_high, rest_high);
  const lanes low = lanes_add(lanes_mul(two_pi_high, rest_low), lanes_mul(two_pi_low, rest));
  const lanes y = lanes_add(high, low);
  const lanes tail = lanes_add(lanes_sub(high, y), low);
  lanes_sincos_reduced(y, tail, lanes_as_bits(rounded), sine, cosine);
}

/* Sine and cosine of any a. Up to a million, whole quarters are taken off with pi/2 in three parts of 33 bits and more;
 * beyond, and for what is not finite, the C library is asked. */
FCAST_INLINE void lanes_sincos(lanes a, lanes *sine, lanes *cosine) {
  const double largest = 1e6;
  const lanes rounder = lanes_splat(FCAST_ROUNDER);
  const lanes rounded = lanes_add(lanes_mul(a, lanes_splat(6.36619772367581382433e-01)), rounder);
  const lanes quarter = lanes_sub(rounded, rounder);
  const lanes first = lanes_sub(a, lanes_mul(quarter, lanes_splat(1.57079632673412561417e+00)));
  const lanes second_part = lanes_mul(quarter, lanes_splat(6.07710050630396597660e-11));
  const lanes second = lanes_sub(first, second_part);
  const lanes lost = lanes_sub(lanes_sub(first, second), second_part);
  const lanes third_part = lanes_sub(lanes_mul(quarter, lanes_splat(2.02226624879595063154e-21)), lost);
  const lanes y = lanes_sub(second, third_part);
  const lanes tail = lanes_sub(lanes_sub(second, y), third_part);
  lanes_sincos_reduced(y, tail, lanes_as_bits(rounded), sine, cosine);
  if (!mask_all(lanes_le(lanes_abs(a), lanes_splat(largest)))) {
    double angle[LANES];
    double s[LANES];
    double c[LANES];
    lanes_store(angle, a);
    lanes_store(s, *sine);
    lanes_store(c, *cosine);
    for (size_t k = 0; k < LANES; k++) {
      if (!(fabs(angle[k]) <= largest)) {
        s[k] = sin(angle[k]);
        c[k] = cos(angle[k]);
      }
    }
    *sine = lanes_load(s);
    *cosine = lanes_load(c);
  }
}

#endif
