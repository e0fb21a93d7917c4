// ReLU, and dropout of whole channels: what passes an element or a channel on, or stops it.
#include "command.h"
#include "math.h"
#include "random.h"

TASKS(relu, parts(INT(5), BLOCK))
static void relu_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2);
  float *positive = FLOATS(3), *y = FLOATS(4);
  for (intptr_t i = task * BLOCK, end = least(INT(5), i + BLOCK); i < end; i += LANES) {
    Vector v = load_first(x + i, end - i);
    if (positive) store_first(positive + i, choose(v > 0.0f, splat(1), splat(0)), end - i);
    store_first(y + i, maximum(splat(0), v), end - i); // NaN stays
  }
}

TASKS(relu_gradient, parts(INT(5), BLOCK))
static void relu_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *gate = FLOATS(2), *dy = FLOATS(3);
  float *dx = FLOATS(4);
  intptr_t add = INT(6);
  for (intptr_t i = task * BLOCK, end = least(INT(5), i + BLOCK); i < end; i += LANES) {
    Vector d = choose(load_first(gate + i, end - i) > 0.0f, load_first(dy + i, end - i), splat(0));
    store_first(dx + i, add ? d + load_first(dx + i, end - i) : d, end - i);
  }
}

// A task is a block of rows of one sample.
TASKS(drop_channels, INT(4) * parts(INT(5), ROW_BLOCK))
static void drop_channels_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rows = INT(5), d = INT(6), add = INT(11), blocks = parts(rows, ROW_BLOCK), sample = task / blocks;
  intptr_t first = task % blocks * ROW_BLOCK, count = least(ROW_BLOCK, rows - first);
  const float *x = FLOATS(2) + (sample * rows + first) * d;
  float *y = FLOATS(3) + (sample * rows + first) * d;
  Vector rate = splat(NUMBER(7)), kept = splat(1.0f / (1.0f - NUMBER(7)));
  for (intptr_t i = 0; i < d; i += LANES) {
    Words w0 = (Words){0} + (uint32_t)(INT(10) + sample), w1 = (Words)(lane_numbers() + (int32_t)i);
    threefry2x32_lanes(WORD(8), WORD(9), &w0, &w1);
    Vector uniform = __builtin_convertvector((Integers)(w0 >> 8), Vector) * 0x1p-24f;
    Vector s = choose(uniform >= rate, kept, splat(0));
    for (intptr_t r = 0; r < count; r++) {
      Vector v = s * load_first(x + r * d + i, d - i);
      store_first(y + r * d + i, add ? v + load_first(y + r * d + i, d - i) : v, d - i);
    }
  }
}

#define RELU_COMMANDS COMMAND(relu), COMMAND(relu_gradient), COMMAND(drop_channels)
