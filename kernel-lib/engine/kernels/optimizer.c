// AdamW, the sum of squares for clipping, and the measure of what this machine can do at most.
#include "command.h"
#include "math.h"

TASKS(adamw, parts(INT(6), BLOCK))
static void adamw_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  float *w = FLOATS(2), *m = FLOATS(4), *v = FLOATS(5);
  const float *g = FLOATS(3);
  Vector lr = splat(NUMBER(7)), beta1 = splat(NUMBER(8)), rest1 = splat((float)(1 - a[8])), beta2 = splat(NUMBER(9));
  Vector rest2 = splat((float)(1 - a[9])), eps = splat(NUMBER(10)), decay = splat(NUMBER(11)), factor = splat(NUMBER(14));
  Vector inverse1 = splat((float)(1 / a[12])), inverse2 = splat((float)(1 / a[13]));
  for (intptr_t i = task * BLOCK, end = least(INT(6), i + BLOCK); i < end; i += LANES) {
    intptr_t n = end - i;
    Vector gradient = load_first(g + i, n) * factor, weight = load_first(w + i, n);
    Vector first = fused(beta1, load_first(m + i, n), rest1 * gradient);
    Vector second = fused(beta2, load_first(v + i, n), rest2 * gradient * gradient);
    Vector direction = first * inverse1 / (root(second * inverse2) + eps);
    store_first(m + i, first, n);
    store_first(v + i, second, n);
    store_first(w + i, weight - lr * fused(decay, weight, direction), n);
  }
}

// In eight chains of float64: the product of two floats is exact there, so every instruction set gives the same bits.
#define SQUARES_BLOCK 8192
TASKS(square_sums, parts(INT(3), SQUARES_BLOCK))
static void square_sums_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2) + task * SQUARES_BLOCK;
  intptr_t n = least(SQUARES_BLOCK, INT(3) - task * SQUARES_BLOCK), i = 0;
  double sum[8] = {0};
  for (; i + 8 <= n; i += 8)
    for (int j = 0; j < 8; j++) sum[j] += (double)x[i + j] * (double)x[i + j];
  for (int j = 0; i < n; i++, j++) sum[j] += (double)x[i] * (double)x[i];
  DOUBLES(4)[task] = ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

// `flops` operations a task in as many independent chains as the register tile of a product has; the results go to out [threads].
TASKS(fma_peak, threads)
static void fma_peak_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  Vector sum[2 * TILE_ROWS], x = splat(0.5f), y = splat(1.0f), all = splat(0);
  UNROLL for (int i = 0; i < 2 * TILE_ROWS; i++) sum[i] = splat((float)i);
  for (intptr_t n = INT(2) / (2 * LANES * 2 * TILE_ROWS); n > 0; n--) {
    UNROLL for (int i = 0; i < 2 * TILE_ROWS; i++) sum[i] = fused(sum[i], x, y);
  }
  UNROLL for (int i = 0; i < 2 * TILE_ROWS; i++) all += sum[i];
  FLOATS(3)[task] = sum_of(all);
}

#define OPTIMIZER_COMMANDS COMMAND(adamw), COMMAND(square_sums), COMMAND(fma_peak)
