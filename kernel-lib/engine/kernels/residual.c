// Residual connections with drop path, and the plain arithmetic on whole arrays.
#include "command.h"
#include "math.h"
#include "random.h"

// What the branch of row r's sample is multiplied with.
INLINE float branch_scale(intptr_t row, intptr_t rowsPerSample, double rate, uint32_t key0, uint32_t key1, intptr_t firstSample) {
  return rate > 0 ? drop_path_scale(key0, key1, (uint32_t)(firstSample + row / rowsPerSample), (float)rate) : 1.0f;
}

TASKS(residual, parts(INT(5), ROW_BLOCK))
static void residual_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rows = INT(5), d = INT(6);
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    const float *x = FLOATS(2) + r * d, *branch = FLOATS(3) + r * d;
    float *out = FLOATS(4) + r * d;
    Vector s = splat(branch_scale(r, INT(7), a[8], WORD(9), WORD(10), INT(11)));
    for (intptr_t i = 0; i < d; i += LANES) store_first(out + i, fused(load_first(branch + i, d - i), s, load_first(x + i, d - i)), d - i);
  }
}

TASKS(residual_gradient, parts(INT(4), ROW_BLOCK))
static void residual_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rows = INT(4), d = INT(5), add = INT(11);
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    const float *dout = FLOATS(2) + r * d;
    float *dbranch = FLOATS(3) + r * d;
    Vector s = splat(branch_scale(r, INT(6), a[7], WORD(8), WORD(9), INT(10)));
    for (intptr_t i = 0; i < d; i += LANES) {
      Vector v = s * load_first(dout + i, d - i);
      store_first(dbranch + i, add ? v + load_first(dbranch + i, d - i) : v, d - i);
    }
  }
}

TASKS(add, parts(INT(5), BLOCK))
static void add_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2), *y = FLOATS(3);
  float *out = FLOATS(4);
  for (intptr_t i = task * BLOCK, end = least(INT(5), i + BLOCK); i < end; i += LANES)
    store_first(out + i, load_first(x + i, end - i) + load_first(y + i, end - i), end - i);
}

TASKS(scale, parts(INT(4), BLOCK))
static void scale_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2);
  float *y = FLOATS(3);
  Vector factor = splat(NUMBER(5));
  intptr_t add = INT(6);
  for (intptr_t i = task * BLOCK, end = least(INT(4), i + BLOCK); i < end; i += LANES) {
    Vector v = load_first(x + i, end - i) * factor;
    store_first(y + i, add ? v + load_first(y + i, end - i) : v, end - i);
  }
}

TASKS(fill, parts(INT(3), BLOCK))
static void fill_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  float *x = FLOATS(2);
  Vector value = splat(NUMBER(4));
  for (intptr_t i = task * BLOCK, end = least(INT(3), i + BLOCK); i < end; i += LANES) store_first(x + i, value, end - i);
}

#define COPY_BYTES 65536
TASKS(copy, parts(INT(4), COPY_BYTES))
static void copy_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t start = task * COPY_BYTES;
  memcpy(BYTES(3) + start, BYTES(2) + start, least(COPY_BYTES, INT(4) - start));
}

#define RESIDUAL_COMMANDS \
  COMMAND(residual), COMMAND(residual_gradient), COMMAND(add), COMMAND(scale), COMMAND(fill), COMMAND(copy)
