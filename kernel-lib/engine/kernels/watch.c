// What watchers reduce a value to: a few numbers for each of its heads, by blocks of rows that are combined in index order.
#include "command.h"
#include "vector.h"

// A row is one piece of the head (row / rowsPerHead) % heads, or (rowsPerHead = 0) divides into a piece for each head.
typedef struct { intptr_t columns, heads, rowsPerHead, pieces, width; } Heads;
INLINE Heads heads_of(intptr_t columns, intptr_t heads, intptr_t rowsPerHead) {
  intptr_t pieces = rowsPerHead ? 1 : heads;
  return (Heads){columns, heads, rowsPerHead, pieces, columns / pieces};
}
INLINE intptr_t head_at(const Heads *h, intptr_t row, intptr_t piece) {
  return h->rowsPerHead ? row / h->rowsPerHead % h->heads : piece;
}

enum { COUNT, SUM, SQUARES, ERRORS, LEAST, MOST, OUTSIDE, FAULTY, SUM_FIELDS };
#define SUM_CHAINS 8

// Finite elements in eight chains of float64; those that are not finite, here or as restored, are counted and left out.
INLINE void sum_piece(const float *x, const float *y, intptr_t n, double *out) {
  double sum[SUM_CHAINS] = {0}, squares[SUM_CHAINS] = {0}, errors[SUM_CHAINS] = {0};
  float least[SUM_CHAINS], most[SUM_CHAINS];
  int32_t count[SUM_CHAINS] = {0};
  for (int j = 0; j < SUM_CHAINS; j++) least[j] = __builtin_inff(), most[j] = -__builtin_inff();
  for (intptr_t i = 0; i < n; i += SUM_CHAINS) {
    for (int j = 0; j < SUM_CHAINS; j++) {
      float v = i + j < n ? x[i + j] : __builtin_nanf(""), e = i + j < n ? v - y[i + j] : v;
      int finite = v - v == 0 && e - e == 0;
      double value = finite ? v : 0, error = finite ? e : 0;
      sum[j] += value, squares[j] += value * value, errors[j] += error * error;
      least[j] = finite && v < least[j] ? v : least[j];
      most[j] = finite && v > most[j] ? v : most[j];
      count[j] += finite;
    }
  }
  intptr_t finite = 0;
  for (int j = 0; j < SUM_CHAINS; j++) {
    finite += count[j];
    out[SUM] += sum[j], out[SQUARES] += squares[j], out[ERRORS] += errors[j];
    out[LEAST] = least[j] < out[LEAST] ? least[j] : out[LEAST];
    out[MOST] = most[j] > out[MOST] ? most[j] : out[MOST];
  }
  out[COUNT] += finite, out[FAULTY] += n - finite;
}

// watch_sums: x, y (may be x), range or 0 [2, classes * perRow], out [blocks, heads, 8 doubles], rows, columns, heads, rowsPerHead,
// blockRows, width, classes: OUTSIDE counts elements out of the range of their group (quantise.c)
TASKS(watch_sums, parts(INT(6), INT(10)))
static void watch_sums_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2), *y = FLOATS(3), *range = FLOATS(4);
  Heads h = heads_of(INT(7), INT(8), INT(9));
  intptr_t blockRows = INT(10), width = INT(11), classes = INT(12), perRow = range ? parts(h.columns, width) : 0;
  double *out = DOUBLES(5) + task * h.heads * SUM_FIELDS;
  for (intptr_t i = 0; i < h.heads * SUM_FIELDS; i++)
    out[i] = i % SUM_FIELDS == LEAST ? __builtin_inf() : i % SUM_FIELDS == MOST ? -__builtin_inf() : 0;
  for (intptr_t r = task * blockRows, end = least(INT(6), r + blockRows); r < end; r++) {
    for (intptr_t p = 0; p < h.pieces; p++) {
      intptr_t at = r * h.columns + p * h.width, head = head_at(&h, r, p);
      sum_piece(x + at, y + at, h.width, out + head * SUM_FIELDS);
      if (!range) continue;
      for (intptr_t i = 0; i < h.width; i++) {
        intptr_t group = (classes > 1 ? head : 0) * perRow + (p * h.width + i) / width;
        float d = x[at + i] - range[group];
        out[head * SUM_FIELDS + OUTSIDE] += d < 0 || d > range[most(classes, 1) * perRow + group];
      }
    }
  }
}

// watch_histogram: x, out (int32 [blocks, heads, bins + 3]), rows, columns, heads, rowsPerHead, blockRows, bins, limit, near
// counts below -limit, in `bins` equal parts up to limit, from there on, and of those within +-near
TASKS(watch_histogram, parts(INT(4), INT(8)))
static void watch_histogram_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2);
  Heads h = heads_of(INT(5), INT(6), INT(7));
  intptr_t blockRows = INT(8), bins = INT(9);
  float limit = NUMBER(10), near = NUMBER(11), scale = (float)bins / (2 * limit);
  int32_t *out = INTS(3) + task * h.heads * (bins + 3);
  memset(out, 0, (size_t)(h.heads * (bins + 3)) * 4);
  for (intptr_t r = task * blockRows, end = least(INT(4), r + blockRows); r < end; r++) {
    for (intptr_t p = 0; p < h.pieces; p++) {
      const float *piece = x + r * h.columns + p * h.width;
      int32_t *counts = out + head_at(&h, r, p) * (bins + 3);
      for (intptr_t i = 0; i < h.width; i++) {
        float v = piece[i];
        if (v != v) continue;
        intptr_t bin = v < -limit ? 0 : v >= limit ? bins + 1 : 1 + least(bins - 1, (intptr_t)((v + limit) * scale));
        counts[bin]++;
        counts[bins + 2] += v <= near && v >= -near;
      }
    }
  }
}

#define WATCH_COMMANDS COMMAND(watch_sums), COMMAND(watch_histogram)
