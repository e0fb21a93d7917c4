// Ranges of groups: minimum and maximum seen, the two bf16 they are kept as, and the grid of levels that a range gives.
// A grid's step has 16 significant bits, so that code * step is exact and a restored element has the same bits whether or not product
// and sum fuse. kernel-lib/quant/grid.ts defines the same in JavaScript.
#ifndef MESA_RANGES_H
#define MESA_RANGES_H
#include "random.h"

#define RANGE_LIMIT 0x1p126f  // ranges end here, so that a span is finite; what lies beyond is clamped and counted
#define LEAST_STEP 0x1p-100f  // a finer grid counts as no grid: all elements restore to the minimum

INLINE float float_of(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }

// ---- the extent of a group

typedef struct { Vector low, high, faults; } Extent;  // over the lanes; faults: 0, or NaN if an element is not finite

INLINE Extent nothing(void) { return (Extent){splat(__builtin_inff()), splat(-__builtin_inff()), (Vector){0}}; }

INLINE void see(Extent *e, const float *x, intptr_t n) {
  Vector low = e->low, high = e->high, faults = e->faults, zero = {0};
  for (intptr_t i = 0; i < n; i += LANES) {
    if (n >= LANES && i + LANES > n) i = n - LANES;  // the last vector overlaps the one before
    Vector v = n >= LANES ? load(x + i) : choose(lane_numbers() < (int32_t)n, load_part(x, n), splat(x[0]));
    low = minimum(v, low), high = maximum(v, high), faults = fused(v, zero, faults);
  }
  *e = (Extent){low, high, faults};
}

// Lane k: the smallest (largest) lane of row[k]; overwrites row. Each pass folds the halves of two rows into one.
#define FOLD(row, which) \
  UNROLL for (int half = LANES / 2; half; half /= 2) \
    UNROLL for (int i = 0; i < half; i++) \
      row[i] = which(__builtin_shufflevector(row[i], row[i + half], LOW_TURNS), __builtin_shufflevector(row[i], row[i + half], HIGH_TURNS))
INLINE Vector smallest_of_each(Vector row[LANES]) {
  FOLD(row, minimum);
  return row[0];
}
INLINE Vector largest_of_each(Vector row[LANES]) {
  FOLD(row, maximum);
  return row[0];
}

// Within the limit, and +0 for -0, whose order a minimum leaves open.
INLINE Vector limited(Vector x) { return minimum(maximum(x, splat(-RANGE_LIMIT)), splat(RANGE_LIMIT)) + 0.0f; }

// ---- ranges and grids, LANES groups at a time

typedef struct { Vector low, span, step, scale; } Grids;  // scale: 16.16 fixed point positions on the grid

INLINE Grids grids_of(Vector low, Vector span, float levels) {
  Vector step = span / levels;
  step = choose(step < LEAST_STEP, (Vector){0}, (Vector)(((Words)step + 0xffu) & ~0xffu));
  return (Grids){low, span, step, choose(step > 0.0f, 65536.0f / step, (Vector){0})};
}

// A range in a word: two bf16 rounded outward, the minimum below, the maximum above.
INLINE Words bf16_below(Vector x) {
  Words bits = (Words)x, negative = (Words)((Integers)x >> 31);
  return (bits + (negative & 0xffffu)) >> 16;
}
INLINE Words words_of(Vector low, Vector high) { return bf16_below(low) | (bf16_below(-high) ^ 0x8000u) << 16; }
INLINE Grids grids_of_words(Words words, float levels) {
  Vector low = (Vector)(words << 16);
  return grids_of(low, (Vector)(words & 0xffff0000u) - low, levels);
}
#endif
