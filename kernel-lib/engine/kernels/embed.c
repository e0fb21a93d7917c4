// From images to tokens: patches, class token and positions, and the way back; rows taken or averaged for the head.
#include "command.h"
#include "math.h"

// A task is a row of patches of one sample.
TASKS(patches, INT(4) * (INT(6) / INT(8)))
static void patches_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t channels = INT(5), height = INT(6), width = INT(7), patch = INT(8);
  intptr_t down = height / patch, across = width / patch, sample = task / down, top = task % down * patch;
  float *out = FLOATS(3) + task * across * channels * patch * patch;
  for (intptr_t x = 0; x < across; x++)
    for (intptr_t c = 0; c < channels; c++)
      for (intptr_t y = 0; y < patch; y++, out += patch)
        memcpy(out, FLOATS(2) + ((sample * channels + c) * height + top + y) * width + x * patch, patch * sizeof(float));
}

TASKS(positions, parts(INT(6) * INT(7), ROW_BLOCK))
static void positions_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rows = INT(6) * INT(7), tokens = INT(7), d = INT(8), first = FLOATS(3) ? 1 : 0;
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    intptr_t sample = r / tokens, token = r % tokens;
    const float *from = token >= first ? FLOATS(2) + (sample * (tokens - first) + token - first) * d : FLOATS(3);
    const float *position = FLOATS(4) + token * d;
    float *out = FLOATS(5) + r * d;
    for (intptr_t i = 0; i < d; i += LANES) store_first(out + i, load_first(from + i, d - i) + load_first(position + i, d - i), d - i);
  }
}

// A task owns a few tokens of all samples, and sums these in order.
#define TOKEN_BLOCK 8
TASKS(positions_gradient, parts(INT(10), TOKEN_BLOCK))
static void positions_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *dout = FLOATS(2);
  float *dpatches = FLOATS(3), *dcls = FLOATS(5), *dpos = FLOATS(7);
  intptr_t addPatches = INT(4), addCls = INT(6), addPos = INT(8), batch = INT(9), tokens = INT(10), d = INT(11);
  for (intptr_t t = task * TOKEN_BLOCK, end = least(tokens, t + TOKEN_BLOCK); t < end; t++) {
    for (intptr_t i = 0; i < d; i += LANES) {
      Vector sum = splat(0);
      for (intptr_t b = 0; b < batch; b++) {
        Vector v = load_first(dout + (b * tokens + t) * d + i, d - i);
        sum += v;
        if (!dpatches || !t) continue;
        float *to = dpatches + (b * (tokens - 1) + t - 1) * d + i;
        store_first(to, addPatches ? v + load_first(to, d - i) : v, d - i);
      }
      if (dpos) store_first(dpos + t * d + i, addPos ? sum + load_first(dpos + t * d + i, d - i) : sum, d - i);
      if (dcls && !t) store_first(dcls + i, addCls ? sum + load_first(dcls + i, d - i) : sum, d - i);
    }
  }
}

TASKS(take_rows, INT(4))
static void take_rows_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rowsPerSample = INT(5), first = INT(6), count = INT(7), d = INT(8);
  memcpy(FLOATS(3) + task * count * d, FLOATS(2) + (task * rowsPerSample + first) * d, count * d * sizeof(float));
}

TASKS(take_rows_gradient, INT(4))
static void take_rows_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rowsPerSample = INT(5), first = INT(6), count = INT(7), d = INT(8), add = INT(9);
  const float *dout = FLOATS(2) + task * count * d;
  float *dx = FLOATS(3) + task * rowsPerSample * d, *taken = dx + first * d;
  if (!add) memset(dx, 0, rowsPerSample * d * sizeof(float));
  for (intptr_t i = 0, n = count * d; i < n; i += LANES)
    store_first(taken + i, load_first(taken + i, n - i) + load_first(dout + i, n - i), n - i);
}

// Every row of a sample gets its share of the mean's gradient. The mean itself is `reduce`.
TASKS(mean_rows_gradient, parts(INT(4) * INT(5), ROW_BLOCK))
static void mean_rows_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rowsPerSample = INT(5), rows = INT(4) * rowsPerSample, d = INT(6), add = INT(7);
  Vector share = splat(1.0f / (float)rowsPerSample);
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    const float *dout = FLOATS(2) + r / rowsPerSample * d;
    float *dx = FLOATS(3) + r * d;
    for (intptr_t i = 0; i < d; i += LANES) {
      Vector v = load_first(dout + i, d - i) * share;
      store_first(dx + i, add ? v + load_first(dx + i, d - i) : v, d - i);
    }
  }
}

#define EMBED_COMMANDS \
  COMMAND(patches), COMMAND(positions), COMMAND(positions_gradient), COMMAND(take_rows), COMMAND(take_rows_gradient), \
  COMMAND(mean_rows_gradient)
