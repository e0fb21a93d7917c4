// A map [samples, height, width, d] at another size.
#include "command.h"
#include "interpolate.h"

// A task is a row of the resized map.
TASKS(resize, INT(4) * INT(7))
static void resize_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t h = INT(5), w = INT(6), tall = INT(7), wide = INT(8), nearest = INT(9), d = INT(10);
  Between y = between(task % tall, h, tall, nearest);
  const float *low = FLOATS(2) + (task / tall * h + y.low) * w * d, *high = FLOATS(2) + (task / tall * h + y.high) * w * d;
  float *out = FLOATS(3) + task * wide * d;
  Vector down = splat(y.share);
  for (intptr_t i = 0; i < wide; i++, out += d) {
    Between x = between(i, w, wide, nearest);
    Vector across = splat(x.share);
    for (intptr_t j = 0; j < d; j += LANES) {
      Vector a0 = load_first(low + x.low * d + j, d - j), b0 = load_first(high + x.low * d + j, d - j);
      Vector a1 = load_first(low + x.high * d + j, d - j), b1 = load_first(high + x.high * d + j, d - j);
      Vector left = fused(b0 - a0, down, a0), right = fused(b1 - a1, down, a1);
      store_first(out + j, fused(right - left, across, left), d - j);
    }
  }
}

// A task is a row of the map: it gathers from the rows that took of it, in order.
TASKS(resize_gradient, INT(4) * INT(5))
static void resize_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t h = INT(5), w = INT(6), tall = INT(7), wide = INT(8), nearest = INT(9), d = INT(10);
  intptr_t row = task % h;
  const float *dout = FLOATS(2) + task / h * tall * wide * d;
  float *dx = FLOATS(3) + task * w * d;
  if (!INT(11)) memset(dx, 0, (size_t)(w * d) * sizeof(float));
  for (intptr_t i = first_reader(row, h, tall), last = last_reader(row, h, tall); i <= last; i++) {
    float weight = weight_of(between(i, h, tall, nearest), row);
    if (weight == 0) continue;
    for (intptr_t j = 0; j < wide; j++) pass_back(dx, dout + (i * wide + j) * d, between(j, w, wide, nearest), weight, d);
  }
}

#define RESIZE_COMMANDS COMMAND(resize), COMMAND(resize_gradient)
