// Vectors of VECTOR_BYTES through the compilers' vector extensions; the few operations that these lack are chosen here.
// Contraction is off: where a product and a sum must fuse, the code says `fused`, so that two kernels that compute the same value
// from the same source get the same bits.
#ifndef MESA_VECTOR_H
#define MESA_VECTOR_H
#include <stddef.h>
#include <stdint.h>
#ifdef __wasm__
#define memcpy __builtin_memcpy
#define memset __builtin_memset
#else
#include <string.h>
#endif
#ifdef __x86_64__
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define LANES (VECTOR_BYTES / 4)
#define INLINE static inline __attribute__((always_inline, unused))
typedef float Vector __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t Integers __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t Words __attribute__((vector_size(VECTOR_BYTES)));
typedef float UnalignedVector __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

INLINE intptr_t least(intptr_t a, intptr_t b) { return a < b ? a : b; }
INLINE intptr_t most(intptr_t a, intptr_t b) { return a > b ? a : b; }
INLINE intptr_t parts(intptr_t n, intptr_t size) { return (n + size - 1) / size; }
INLINE intptr_t round_up(intptr_t n, intptr_t size) { return parts(n, size) * size; }

INLINE Vector load(const float *p) { return *(const UnalignedVector *)p; }
INLINE void store(float *p, Vector v) { *(UnalignedVector *)p = v; }
INLINE Vector splat(float x) { return x - (Vector){0}; }
INLINE Vector choose(Integers mask, Vector a, Vector b) { return (Vector)((mask & (Integers)a) | (~mask & (Integers)b)); }

INLINE Integers lane_numbers(void) {
  Integers r;
  UNROLL for (int i = 0; i < LANES; i++) r[i] = i;
  return r;
}

// The first n lanes of v, 0 in the others.
INLINE Vector keep_first(Vector v, intptr_t n) {
  return n >= LANES ? v : (Vector)((Integers)v & (lane_numbers() < (int32_t)n));
}

// `maximum(a, b)` is a > b ? a : b and `minimum` a < b ? a : b: b where one of them is NaN.
#if defined(__AVX512F__) && VECTOR_BYTES == 64
INLINE Vector fused(Vector a, Vector b, Vector c) { return (Vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
INLINE Vector maximum(Vector a, Vector b) { return (Vector)_mm512_max_ps((__m512)a, (__m512)b); }
INLINE Vector minimum(Vector a, Vector b) { return (Vector)_mm512_min_ps((__m512)a, (__m512)b); }
INLINE Vector root(Vector v) { return (Vector)_mm512_sqrt_ps((__m512)v); }
INLINE Vector load_part(const float *p, intptr_t n) { return (Vector)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p); }
INLINE void store_part(float *p, Vector v, intptr_t n) { _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v); }
#elif defined(__AVX2__) && VECTOR_BYTES == 32
INLINE Vector fused(Vector a, Vector b, Vector c) { return (Vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
INLINE Vector maximum(Vector a, Vector b) { return (Vector)_mm256_max_ps((__m256)a, (__m256)b); }
INLINE Vector minimum(Vector a, Vector b) { return (Vector)_mm256_min_ps((__m256)a, (__m256)b); }
INLINE Vector root(Vector v) { return (Vector)_mm256_sqrt_ps((__m256)v); }
INLINE __m256i first_lanes(intptr_t n) { return (__m256i)(lane_numbers() < (int32_t)n); }
INLINE Vector load_part(const float *p, intptr_t n) { return (Vector)_mm256_maskload_ps(p, first_lanes(n)); }
INLINE void store_part(float *p, Vector v, intptr_t n) { _mm256_maskstore_ps(p, first_lanes(n), (__m256)v); }
#else
#if defined(__aarch64__)
INLINE Vector fused(Vector a, Vector b, Vector c) { return (Vector)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
#else
INLINE Vector fused(Vector a, Vector b, Vector c) { return a * b + c; }
#endif
#if defined(__x86_64__)
INLINE Vector maximum(Vector a, Vector b) { return (Vector)_mm_max_ps((__m128)a, (__m128)b); }
INLINE Vector minimum(Vector a, Vector b) { return (Vector)_mm_min_ps((__m128)a, (__m128)b); }
INLINE Vector root(Vector v) { return (Vector)_mm_sqrt_ps((__m128)v); }
#else
INLINE Vector maximum(Vector a, Vector b) { return choose(a > b, a, b); }
INLINE Vector minimum(Vector a, Vector b) { return choose(a < b, a, b); }
INLINE Vector root(Vector v) {
  UNROLL for (int i = 0; i < LANES; i++) v[i] = __builtin_sqrtf(v[i]);
  return v;
}
#endif
INLINE Vector load_part(const float *p, intptr_t n) {
  Vector v = {0};
  UNROLL for (int i = 0; i < LANES - 1; i++) if (i < n) v[i] = p[i];
  return v;
}
INLINE void store_part(float *p, Vector v, intptr_t n) {
  UNROLL for (int i = 0; i < LANES - 1; i++) if (i < n) p[i] = v[i];
}
#endif

// Up to LANES floats (n may be more): nothing past p[n - 1] is touched, missing lanes are 0.
INLINE Vector load_first(const float *p, intptr_t n) { return n >= LANES ? load(p) : load_part(p, n); }
INLINE void store_first(float *p, Vector v, intptr_t n) {
  if (n >= LANES) store(p, v);
  else store_part(p, v, n);
}

// Lanes of a and b in turn: from the lower and the upper halves.
// ROTATE moves lane i + by to lane i.
#if LANES == 4
#define LOW_TURNS 0, 4, 1, 5
#define HIGH_TURNS 2, 6, 3, 7
#define ROTATE(v, by) __builtin_shufflevector(v, v, (by) % 4, (1 + by) % 4, (2 + by) % 4, (3 + by) % 4)
#elif LANES == 8
#define LOW_TURNS 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_TURNS 4, 12, 5, 13, 6, 14, 7, 15
#define ROTATE(v, by) __builtin_shufflevector(v, v, (by) % 8, (1 + by) % 8, (2 + by) % 8, (3 + by) % 8, (4 + by) % 8, (5 + by) % 8, \
  (6 + by) % 8, (7 + by) % 8)
#else
#define LOW_TURNS 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_TURNS 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define ROTATE(v, by) __builtin_shufflevector(v, v, (by) % 16, (1 + by) % 16, (2 + by) % 16, (3 + by) % 16, (4 + by) % 16, \
  (5 + by) % 16, (6 + by) % 16, (7 + by) % 16, (8 + by) % 16, (9 + by) % 16, (10 + by) % 16, (11 + by) % 16, (12 + by) % 16, \
  (13 + by) % 16, (14 + by) % 16, (15 + by) % 16)
#endif

// Sum and maximum over the lanes, by halves: a fixed order.
INLINE float sum_of(Vector v) {
#if LANES == 16
  v += ROTATE(v, 8);
#endif
#if LANES >= 8
  v += ROTATE(v, 4);
#endif
  v += ROTATE(v, 2);
  v += ROTATE(v, 1);
  return v[0];
}
INLINE float maximum_of(Vector v) {
#if LANES == 16
  v = maximum(v, ROTATE(v, 8));
#endif
#if LANES >= 8
  v = maximum(v, ROTATE(v, 4));
#endif
  v = maximum(v, ROTATE(v, 2));
  v = maximum(v, ROTATE(v, 1));
  return v[0];
}

// Transposes a LANES x LANES block: each pass deals the rows out in turn, log2(LANES) passes move every element home.
INLINE void transpose(Vector row[LANES]) {
  UNROLL for (int pass = 1; pass < LANES; pass *= 2) {
    Vector dealt[LANES];
    UNROLL for (int i = 0; i < LANES / 2; i++) {
      dealt[2 * i] = __builtin_shufflevector(row[i], row[i + LANES / 2], LOW_TURNS);
      dealt[2 * i + 1] = __builtin_shufflevector(row[i], row[i + LANES / 2], HIGH_TURNS);
    }
    UNROLL for (int i = 0; i < LANES; i++) row[i] = dealt[i];
  }
}
#endif
