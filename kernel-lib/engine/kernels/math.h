// Exponential and normal distribution of vectors, logarithm of a number.
#ifndef MESA_MATH_H
#define MESA_MATH_H
#include "vector.h"

// p 2^n; n comes as n + 0x1.8p23, whose last bits are n as an integer. Two factors, because n may pass both ends of the exponent.
#define INTEGER_SHIFT splat(0x1.8p23f)
INLINE Vector times_power_of_two(Vector p, Vector shifted) {
#if defined(__AVX512F__) && VECTOR_BYTES == 64
  return (Vector)_mm512_scalef_ps((__m512)p, (__m512)(shifted - INTEGER_SHIFT));
#else
  Integers n = (Integers)shifted - (Integers)INTEGER_SHIFT, half = n >> 1;
  return p * (Vector)((half + 127) << 23) * (Vector)((n - half + 127) << 23);
#endif
}

// e^x over the full range: about 1 ulp, infinity past 88.73, denormals and 0 below -87.34, NaN stays.
// x = n ln 2 + r; e^r = 1 + r + r^2 p(r), |r| <= ln 2 / 2.
INLINE Vector exponential(Vector x) {
  x = minimum(splat(89.0f), maximum(splat(-104.0f), x));
  Vector shifted = fused(x, splat(0x1.715476p+0f), INTEGER_SHIFT), n = shifted - INTEGER_SHIFT;  // rounds to the nearest integer
  Vector r = fused(n, splat(-0x1.62e4p-1f), x);
  r = fused(n, splat(-0x1.7f7d1cp-20f), r);
  Vector p = splat(1.381461244e-3f);
  p = fused(p, r, splat(8.368709966e-3f));
  p = fused(p, r, splat(4.166838738e-2f));
  p = fused(p, r, splat(1.666652069e-1f));
  p = fused(p, r, splat(4.999999345e-1f));
  p = fused(r * r, p, r) + 1.0f;
  return times_power_of_two(p, shifted);
}

// Standard normal distribution: returns Phi(x) and puts exp(-x^2 / 2) into *bell.
// The tail Phi(-|x|) = bell * t q(t), t = 1 / (1 + 0.3 |x|): relative error of the fit 5e-8 on [0, 9], so small results are right, too.
INLINE Vector normal(Vector x, Vector *bell) {
  Vector size = (Vector)((Integers)x & 0x7fffffff);
  *bell = exponential(x * x * -0.5f);
  Vector t = 1.0f / fused(size, splat(0.3f), splat(1));
  Vector q = splat(0.0375358443f);
  q = fused(q, t, splat(-0.165020264f));
  q = fused(q, t, splat(0.219972399f));
  q = fused(q, t, splat(-0.0664037585f));
  q = fused(q, t, splat(0.135420862f));
  q = fused(q, t, splat(0.0977837123f));
  q = fused(q, t, splat(0.121105741f));
  q = fused(q, t, splat(0.119605489f));
  Vector tail = *bell * t * q;
  return choose(x > splat(0), 1.0f - tail, tail);
}

// Natural logarithm of a positive number. x = 2^n m; ln m = 2 atanh(s), s = (m - 1) / (m + 1).
static inline double logarithm(double x) {
  if (!(x > 0 && x < __builtin_inf())) return x > 0 ? x : x == 0 ? -__builtin_inf() : __builtin_nan("");
  int64_t bits;
  memcpy(&bits, &x, 8);
  int64_t n = (bits - 0x3fe6a09e667f3bcd) >> 52;  // m between the roots of 1/2 and 2
  bits -= n * ((int64_t)1 << 52);
  double m;
  memcpy(&m, &bits, 8);
  double s = (m - 1) / (m + 1), square = s * s, sum = 0;
  for (int i = 19; i > 1; i -= 2) sum = (sum + 1.0 / i) * square;
  return (double)n * 0.6931471805599453 + 2 * s * (1 + sum);
}
#endif
