// Where a pixel of a resized map lies between the pixels of the map. Pixels are areas, not points (torch: align_corners false).
#ifndef MESA_INTERPOLATE_H
#define MESA_INTERPOLATE_H
#include "vector.h"

typedef struct { intptr_t low, high; float share; } Between; // (1 - share) of low, share of high

INLINE Between between(intptr_t i, intptr_t from, intptr_t to, intptr_t nearest) {
  if (nearest) return (Between){i * from / to, i * from / to, 0};
  double at = ((double)i + 0.5) * (double)from / (double)to - 0.5;
  at = at < 0 ? 0 : at > (double)(from - 1) ? (double)(from - 1) : at;
  intptr_t low = (intptr_t)at;
  return (Between){low, least(low + 1, from - 1), (float)(at - (double)low)};
}

INLINE float weight_of(Between b, intptr_t pixel) { return (b.low == pixel ? 1 - b.share : 0) + (b.high == pixel ? b.share : 0); }

// All pixels of the resized map that take of `pixel` lie from first_reader to last_reader; some there may not.
INLINE intptr_t first_reader(intptr_t pixel, intptr_t from, intptr_t to) {
  return most(0, (intptr_t)(((double)pixel - 0.5) * (double)to / (double)from - 0.5));
}
INLINE intptr_t last_reader(intptr_t pixel, intptr_t from, intptr_t to) {
  return least(to - 1, (intptr_t)(((double)pixel + 1.5) * (double)to / (double)from - 0.5) + 1);
}

// to [n] += weight x
INLINE void add_weighted(float *to, const float *x, float weight, intptr_t n) {
  Vector w = splat(weight);
  for (intptr_t i = 0; i < n; i += LANES) store_first(to + i, fused(load_first(x + i, n - i), w, load_first(to + i, n - i)), n - i);
}

// The gradient of a pixel of a row goes to the pixels that it lies between.
INLINE void pass_back(float *row, const float *pixel, Between b, float weight, intptr_t n) {
  add_weighted(row + b.low * n, pixel, weight * (1 - b.share), n);
  if (b.share != 0) add_weighted(row + b.high * n, pixel, weight * b.share, n);
}

// out [n] between low and high
INLINE void blend(float *out, const float *low, const float *high, float share, intptr_t n) {
  Vector s = splat(share);
  for (intptr_t i = 0; i < n; i += LANES) {
    Vector v = load_first(low + i, n - i);
    store_first(out + i, fused(load_first(high + i, n - i) - v, s, v), n - i);
  }
}
#endif
