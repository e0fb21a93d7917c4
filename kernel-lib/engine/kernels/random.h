// Threefry-2x32 with 13 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a draw is a function of
// (key, counter), so neither slices nor threads nor vector length change it. kernel-lib/random/threefry.ts gives the same words.
#ifndef MESA_RANDOM_H
#define MESA_RANDOM_H
#include <stdint.h>
#include "vector.h"

typedef uint32_t Words __attribute__((vector_size(VECTOR_BYTES)));

#define THREEFRY_PARITY 0x1BD11BDAu

// Works on uint32_t and on vectors of it. `j` counts key injections, one after every four rounds.
#define THREEFRY_ROUND(x0, x1, r) (x0 += x1, x1 = (x1 << (r)) | (x1 >> (32 - (r))), x1 ^= x0)
#define THREEFRY_EVEN(x0, x1) \
  (THREEFRY_ROUND(x0, x1, 13), THREEFRY_ROUND(x0, x1, 15), THREEFRY_ROUND(x0, x1, 26), THREEFRY_ROUND(x0, x1, 6))
#define THREEFRY_ODD(x0, x1) \
  (THREEFRY_ROUND(x0, x1, 17), THREEFRY_ROUND(x0, x1, 29), THREEFRY_ROUND(x0, x1, 16), THREEFRY_ROUND(x0, x1, 24))
#define THREEFRY_13(x0, x1, k0, k1, k2) \
  (x0 += (k0), x1 += (k1), THREEFRY_EVEN(x0, x1), x0 += (k1), x1 += (k2) + 1u, \
   THREEFRY_ODD(x0, x1), x0 += (k2), x1 += (k0) + 2u, THREEFRY_EVEN(x0, x1), x0 += (k0), x1 += (k1) + 3u, \
   THREEFRY_ROUND(x0, x1, 17))

// Two words for counter (c0, c1).
static inline void threefry2x32(uint32_t k0, uint32_t k1, uint32_t c0, uint32_t c1, uint32_t out[2]) {
  uint32_t k2 = THREEFRY_PARITY ^ k0 ^ k1;
  THREEFRY_13(c0, c1, k0, k1, k2);
  out[0] = c0, out[1] = c1;
}

// The same for a vector of counters: lane i of (*x0, *x1) goes from counter to words.
static inline void threefry2x32_lanes(uint32_t k0, uint32_t k1, Words *x0, Words *x1) {
  Words a = *x0, b = *x1;
  uint32_t k2 = THREEFRY_PARITY ^ k0 ^ k1;
  THREEFRY_13(a, b, k0, k1, k2);
  *x0 = a, *x1 = b;
}

// The draw of drop path: in [0, 1), one per sample.
static inline float sample_uniform(uint32_t k0, uint32_t k1, uint32_t sample) {
  uint32_t w[2];
  threefry2x32(k0, k1, sample, 0, w);
  return (float)(w[0] >> 8) * 0x1p-24f;
}

// What drop path multiplies a sample's branch with: 0, or 1 / (1 - rate) so that the expectation stays.
static inline float drop_path_scale(uint32_t k0, uint32_t k1, uint32_t sample, float rate) {
  return sample_uniform(k0, k1, sample) >= rate ? 1.0f / (1.0f - rate) : 0.0f;
}
#endif
