// BatchNorm: moments of blocks of rows, which shape alone fixes, combined in index order to those of a sample and of the batch.
#include "command.h"
#include "math.h"

typedef struct { Vector mean, squares; } Moments; // squares: sum of squared deviations from the mean

#define COLUMN_BLOCK 64

// Moments of LANES columns from j on of `rows` rows. Deviations from the first row are summed, so that a large mean costs no digits.
INLINE Moments moments_of(const float *x, intptr_t rows, intptr_t d, intptr_t j) {
  Vector origin = load_first(x + j, d - j), sum = splat(0), squares = splat(0);
  for (intptr_t r = 1; r < rows; r++) sum += load_first(x + r * d + j, d - j) - origin;
  Vector mean = origin + sum / (float)rows;
  for (intptr_t r = 0; r < rows; r++) {
    Vector deviation = load_first(x + r * d + j, d - j) - mean;
    squares = fused(deviation, deviation, squares);
  }
  return (Moments){mean, squares};
}

// Moments of `rows` rows from those of groups [count, 2, d] of `size` rows each; the last one has what is left.
INLINE Moments combined(const float *groups, intptr_t size, intptr_t rows, intptr_t d, intptr_t j) {
  intptr_t count = parts(rows, size);
  Vector origin = load_first(groups + j, d - j), sum = splat(0), squares = splat(0);
  for (intptr_t i = 1; i < count; i++)
    sum = fused(load_first(groups + 2 * i * d + j, d - j) - origin, splat((float)least(size, rows - i * size)), sum);
  Vector mean = origin + sum / (float)rows;
  for (intptr_t i = 0; i < count; i++) {
    Vector deviation = load_first(groups + 2 * i * d + j, d - j) - mean;
    squares += fused(deviation * deviation, splat((float)least(size, rows - i * size)), load_first(groups + (2 * i + 1) * d + j, d - j));
  }
  return (Moments){mean, squares};
}

// x [samples * rows, d] -> [samples * blocks, 2, d]
TASKS(block_moments, INT(4) * parts(INT(5), ROW_BLOCK))
static void block_moments_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rows = INT(5), d = INT(6), blocks = parts(rows, ROW_BLOCK), first = task % blocks * ROW_BLOCK;
  const float *x = FLOATS(2) + (task / blocks * rows + first) * d;
  float *out = FLOATS(3) + 2 * task * d;
  for (intptr_t j = 0; j < d; j += LANES) {
    Moments m = moments_of(x, least(ROW_BLOCK, rows - first), d, j);
    store_first(out + j, m.mean, d - j);
    store_first(out + d + j, m.squares, d - j);
  }
}

// [samples * blocks, 2, d] -> [samples, 2, d]
TASKS(sample_moments, INT(4) * parts(INT(6), COLUMN_BLOCK))
static void sample_moments_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rows = INT(5), d = INT(6), pieces = parts(d, COLUMN_BLOCK), sample = task / pieces, j = task % pieces * COLUMN_BLOCK;
  const float *blocks = FLOATS(2) + 2 * sample * parts(rows, ROW_BLOCK) * d;
  float *out = FLOATS(3) + 2 * sample * d;
  for (intptr_t end = least(d, j + COLUMN_BLOCK); j < end; j += LANES) {
    Moments m = combined(blocks, ROW_BLOCK, rows, d, j);
    store_first(out + j, m.mean, d - j);
    store_first(out + d + j, m.squares, d - j);
  }
}

INLINE void move_towards(float *next, const float *before, Vector to, float momentum, intptr_t n) {
  if (next) store_first(next, fused(to, splat(momentum), load_first(before, n) * (1 - momentum)), n);
}

// What x is normalised with: mean, 1 / deviation, deviation; of the moments of the samples, or the running ones where there are none.
TASKS(batch_statistics, parts(INT(10), COLUMN_BLOCK))
static void batch_statistics_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *moments = FLOATS(2), *runningMean = FLOATS(3), *runningVariance = FLOATS(4);
  float *table = FLOATS(5), *nextMean = FLOATS(6), *nextVariance = FLOATS(7), momentum = NUMBER(12);
  intptr_t samples = INT(8), rows = INT(9), d = INT(10), all = samples * rows;
  for (intptr_t j = task * COLUMN_BLOCK, end = least(d, j + COLUMN_BLOCK); j < end; j += LANES) {
    Vector mean, variance;
    if (moments) {
      Moments m = combined(moments, rows, all, d, j);
      mean = m.mean, variance = m.squares / (float)all;
      move_towards(nextMean ? nextMean + j : 0, runningMean + j, mean, momentum, d - j);
      move_towards(nextVariance ? nextVariance + j : 0, runningVariance + j, m.squares / (float)most(1, all - 1), momentum, d - j);
    } else {
      mean = load_first(runningMean + j, d - j), variance = load_first(runningVariance + j, d - j);
    }
    Vector deviation = root(variance + NUMBER(11));
    store_first(table + j, mean, d - j);
    store_first(table + d + j, 1.0f / deviation, d - j);
    store_first(table + 2 * d + j, deviation, d - j);
  }
}

// xhat = (x - mean) / deviation, out = xhat gamma + beta: the same bits as `affine` gives. out may be x.
TASKS(batch_normalise, parts(INT(8), ROW_BLOCK))
static void batch_normalise_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *table = FLOATS(3), *gamma = FLOATS(4), *beta = FLOATS(5);
  intptr_t rows = INT(8), d = INT(9);
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    const float *x = FLOATS(2) + r * d;
    float *xhat = FLOATS(6) ? FLOATS(6) + r * d : 0, *out = FLOATS(7) ? FLOATS(7) + r * d : 0;
    for (intptr_t i = 0; i < d; i += LANES) {
      Vector v = standardised(load_first(x + i, d - i), load_first(table + i, d - i), load_first(table + d + i, d - i));
      if (xhat) store_first(xhat + i, v, d - i);
      if (out) store_first(out + i, affined(v, load_first(gamma + i, d - i), load_first(beta + i, d - i)), d - i);
    }
  }
}

// dx = gamma / deviation (dout - mean(dout) - xhat mean(dout xhat)), means over all rows from sums [2, d] of dgamma, dbeta;
// without sums what x is normalised with did not come from x. dx may be dout.
TASKS(batch_normalise_gradient, parts(INT(8), ROW_BLOCK))
static void batch_normalise_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rows = INT(8), d = INT(9), add = INT(10);
  const float *rstd = FLOATS(4) + d, *gamma = FLOATS(5), *sums = FLOATS(6);
  float share = 1.0f / (float)rows;
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    const float *xhat = FLOATS(2) + r * d, *dout = FLOATS(3) + r * d;
    float *dx = FLOATS(7) + r * d;
    for (intptr_t i = 0; i < d; i += LANES) {
      Vector g = load_first(dout + i, d - i);
      if (sums) {
        g = fused(load_first(sums + d + i, d - i), splat(-share), g);
        g = fused(load_first(xhat + i, d - i), load_first(sums + i, d - i) * -share, g);
      }
      Vector v = g * (load_first(gamma + i, d - i) * load_first(rstd + i, d - i));
      store_first(dx + i, add ? v + load_first(dx + i, d - i) : v, d - i);
    }
  }
}

#define BATCH_NORMALISE_COMMANDS \
  COMMAND(block_moments), COMMAND(sample_moments), COMMAND(batch_statistics), COMMAND(batch_normalise), COMMAND(batch_normalise_gradient)
