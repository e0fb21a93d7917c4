// GELU in its exact form, y = x Phi(x).
#include "command.h"
#include "math.h"

TASKS(gelu, parts(INT(4), BLOCK))
static void gelu_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2);
  float *y = FLOATS(3);
  for (intptr_t i = task * BLOCK, end = least(INT(4), i + BLOCK); i < end; i += LANES) {
    Vector v = load_first(x + i, end - i), bell;
    store_first(y + i, v * normal(v, &bell), end - i);
  }
}

// d/dx x Phi(x) = Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi)
TASKS(gelu_gradient, parts(INT(5), BLOCK))
static void gelu_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2), *dy = FLOATS(3);
  float *dx = FLOATS(4);
  intptr_t add = INT(6);
  for (intptr_t i = task * BLOCK, end = least(INT(5), i + BLOCK); i < end; i += LANES) {
    Vector v = load_first(x + i, end - i), bell, phi = normal(v, &bell);
    Vector d = load_first(dy + i, end - i) * fused(v * 0.3989422804f, bell, phi);
    store_first(dx + i, add ? d + load_first(dx + i, end - i) : d, end - i);
  }
}

#define GELU_COMMANDS COMMAND(gelu), COMMAND(gelu_gradient)
