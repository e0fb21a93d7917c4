// Codes: positions on a grid, rounded on integers to nearest or by random halves, and put tightly into bytes.
// kernel-lib/quant/plain.ts, halves.ts and tight.ts define the same in JavaScript, to the last bit.
#ifndef MESA_CODES_H
#define MESA_CODES_H
#include "random.h"

#define DRAWS 4096  // random halves made at a time

typedef uint8_t Narrow __attribute__((vector_size(LANES)));
typedef uint16_t Halves __attribute__((vector_size(2 * LANES)));

// ---- random halves: element e of a sample has half e & 1 of lane (e & 31) >> 1 of word (e >> 5) & 1 of the 16 counters of chunk e >> 6

typedef struct {
  uint32_t key0, key1, firstSample;
  intptr_t rowsPerSample, columns, endRow;  // nothing is drawn past the rows of a task
  intptr_t sample, first, end;              // what `halves` holds
  uint16_t halves[DRAWS];
} Draws;

// The halves of n elements from a row and column on; n is at most DRAWS - 64, and they are in one row.
INLINE const uint16_t *draws_for(Draws *d, intptr_t row, intptr_t column, intptr_t n) {
  intptr_t sample = row / d->rowsPerSample, firstRow = sample * d->rowsPerSample, element = (row - firstRow) * d->columns + column;
  if (sample != d->sample || element < d->first || element + n > d->end) {
    intptr_t limit = (least(d->endRow, firstRow + d->rowsPerSample) - firstRow) * d->columns;
    d->sample = sample, d->first = element & ~(intptr_t)63, d->end = least(d->first + DRAWS, round_up(limit, 64));
    for (intptr_t e = d->first; e < d->end; e += 64)
      for (int lane = 0; lane < 16; lane += LANES) {
        Words w0 = (Words){0} + (d->firstSample + (uint32_t)sample), w1 = (Words)lane_numbers() + (uint32_t)(e / 4 + lane);
        threefry2x32_lanes(d->key0, d->key1, &w0, &w1);
        uint16_t *to = d->halves + (e - d->first) + 2 * lane;
        memcpy(to, &w0, sizeof w0), memcpy(to + 32, &w1, sizeof w1);
      }
  }
  return d->halves + (element - d->first);
}

// ---- codes: position on the grid in fixed point, plus a random half or 1/2, without its fraction

typedef struct { Vector low, span, scale; float top; } Coder;

INLINE Narrow codes_of(Vector x, const Coder *c, const uint16_t *draws, Integers *outside) {
  Vector d = x - c->low, at = minimum(maximum(d * c->scale, (Vector){0}), splat(c->top));
  if (outside) *outside = (d < 0.0f) | (d > c->span);
  Words fixed = (Words)__builtin_convertvector(at, Integers);
  if (draws) {
    Halves h;
    memcpy(&h, draws, sizeof h);
    fixed += __builtin_convertvector(h, Words);
  } else fixed += 0x8000u;
  return __builtin_convertvector(fixed >> 16, Narrow);
}

// Codes n elements of a group whose draws are there. Those outside its range are taken from the lanes of `count`, if it is given: they
// are added up once a task, which a group of a few vectors would feel.
INLINE void code_run(const float *x, intptr_t n, const Coder *c, const uint16_t *draws, Integers *count, uint8_t *codes) {
  Integers mask;
  if (n < LANES) {
    uint16_t few[LANES] = {0};
    if (draws) for (intptr_t i = 0; i < n; i++) few[i] = draws[i];
    Narrow q = codes_of(load_part(x, n), c, draws ? few : 0, &mask);
    for (intptr_t i = 0; i < n; i++) codes[i] = q[i];
    if (count) *count += mask & (lane_numbers() < (int32_t)n);
  } else
    for (intptr_t i = 0; i < n; i += LANES) {
      int32_t again = (int32_t)most(0, i + LANES - n);
      i -= again;  // the last vector overlaps the one before
      Narrow q = codes_of(load(x + i), c, draws ? draws + i : 0, count ? &mask : 0);
      memcpy(codes + i, &q, sizeof q);
      if (count) *count += again ? mask & (lane_numbers() >= again) : mask;
    }
}

// The same for any n, with the draws of a row from a column on.
INLINE void code_group(const float *x, intptr_t n, const Coder *c, Draws *d, intptr_t row, intptr_t column, Integers *count, uint8_t *codes) {
  if (!d) {
    if (count) code_run(x, n, c, 0, count, codes);
    else code_run(x, n, c, 0, 0, codes);
    return;
  }
  for (intptr_t i = 0, m; i < n; i += m) {
    m = least(n - i, DRAWS / 2);
    const uint16_t *draws = draws_for(d, row, column + i, m);
    if (count) code_run(x + i, m, c, draws, count, codes + i);
    else code_run(x + i, m, c, draws, 0, codes + i);
  }
}

// Codes tight, the first in the lowest bits: 8 of them take `bits` bytes (all our machines are little-endian).
INLINE void squeeze_bits(const uint8_t *from, intptr_t n, int bits, uint8_t *to) {
  for (; n >= 8; n -= 8, from += 8, to += bits) {
    uint64_t word = 0;
    UNROLL for (int k = 0; k < 8; k++) word |= (uint64_t)from[k] << (k * bits);
    memcpy(to, &word, (size_t)bits);
  }
  uint64_t word = 0;
  for (intptr_t k = 0; k < n; k++) word |= (uint64_t)from[k] << (k * bits);
  for (intptr_t k = 0; k < parts(n * bits, 8); k++) to[k] = (uint8_t)(word >> (8 * k));
}
INLINE void spread_bits(const uint8_t *from, intptr_t n, int bits, uint8_t *to) {
  uint64_t word = 0, mask = (1u << bits) - 1;
  for (; n >= 8; n -= 8, from += bits, to += 8) {
    memcpy(&word, from, (size_t)bits);
    UNROLL for (int k = 0; k < 8; k++) to[k] = (uint8_t)(word >> (k * bits) & mask);
  }
  word = 0;
  for (intptr_t k = 0; k < parts(n * bits, 8); k++) word |= (uint64_t)from[k] << (8 * k);
  for (intptr_t k = 0; k < n; k++) to[k] = (uint8_t)(word >> (k * bits) & mask);
}

// With `bits` as a constant the loops above become a few shifts.
#define WITH_BITS(f) \
  switch (bits) { \
    case 6: f(from, n, 6, to); break; \
    case 4: f(from, n, 4, to); break; \
    case 2: f(from, n, 2, to); break; \
    default: f(from, n, 1, to); \
  }
static void squeeze(const uint8_t *from, intptr_t n, int bits, uint8_t *to) { WITH_BITS(squeeze_bits) }
static void spread(const uint8_t *from, intptr_t n, int bits, uint8_t *to) { WITH_BITS(spread_bits) }
#endif
