// Softmax cross-entropy with hard labels (smoothed) or soft targets.
#include "command.h"
#include "math.h"

typedef struct { float top, sum; } Softmax;  // probability j is exp(x[j] - top) / sum

static float largest_of(const float *x, intptr_t n) {
  Vector top = splat(-__builtin_inff());
  for (intptr_t i = 0; i < n; i += LANES) {
    Vector v = load_first(x + i, n - i);
    top = maximum(n - i < LANES ? choose(lane_numbers() < (int32_t)(n - i), v, top) : v, top);
  }
  return maximum_of(top);
}

static Softmax softmax_of(const float *x, intptr_t n) {
  Softmax s = {largest_of(x, n), 0};
  Vector sum = splat(0);
  for (intptr_t i = 0; i < n; i += LANES) sum += keep_first(exponential(load_first(x + i, n - i) - splat(s.top)), n - i);
  s.sum = sum_of(sum);
  return s;
}

static float total(const float *x, intptr_t n) {
  Vector sum = splat(0);
  for (intptr_t i = 0; i < n; i += LANES) sum += load_first(x + i, n - i);
  return sum_of(sum);
}

// The target of class j is (1 - smoothing) [j = label] + smoothing / classes.
TASKS(cross_entropy, parts(INT(5), ROW_BLOCK))
static void cross_entropy_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const int32_t *labels = INTS(3);
  intptr_t n = INT(6);
  double smoothing = a[7];
  for (intptr_t r = task * ROW_BLOCK, end = least(INT(5), r + ROW_BLOCK); r < end; r++) {
    const float *x = FLOATS(2) + r * n;
    Softmax s = softmax_of(x, n);
    double norm = s.top + logarithm(s.sum), loss = (1 - smoothing) * (norm - x[labels[r]]);
    if (smoothing) loss += smoothing * (norm - total(x, n) / (double)n);
    FLOATS(4)[r] = (float)loss;
  }
}

TASKS(cross_entropy_gradient, parts(INT(6), ROW_BLOCK))
static void cross_entropy_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const int32_t *labels = INTS(3);
  intptr_t n = INT(7);
  double smoothing = a[8];
  for (intptr_t r = task * ROW_BLOCK, end = least(INT(6), r + ROW_BLOCK); r < end; r++) {
    const float *x = FLOATS(2) + r * n;
    float *dx = FLOATS(5) + r * n, weight = FLOATS(4)[r], label = x[labels[r]];
    Softmax s = softmax_of(x, n);
    Vector top = splat(s.top), inverse = splat(1 / s.sum), rest = splat((float)(smoothing / (double)n)), factor = splat(weight);
    for (intptr_t i = 0; i < n; i += LANES)
      store_first(dx + i, factor * fused(exponential(load_first(x + i, n - i) - top), inverse, -rest), n - i);
    float p = exponential(splat(label) - top)[0] / s.sum;
    dx[labels[r]] = weight * (float)(p - (1 - smoothing) - smoothing / (double)n);
  }
}

TASKS(soft_cross_entropy, parts(INT(5), ROW_BLOCK))
static void soft_cross_entropy_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t n = INT(6);
  for (intptr_t r = task * ROW_BLOCK, end = least(INT(5), r + ROW_BLOCK); r < end; r++) {
    const float *x = FLOATS(2) + r * n, *targets = FLOATS(3) + r * n;
    Softmax s = softmax_of(x, n);
    Vector norm = splat((float)(s.top + logarithm(s.sum))), sum = splat(0);
    for (intptr_t i = 0; i < n; i += LANES) sum = fused(load_first(targets + i, n - i), norm - load_first(x + i, n - i), sum);
    FLOATS(4)[r] = sum_of(sum);
  }
}

// Targets that do not add up to 1 are taken as they are: dx = weight (softmax sum(targets) - targets).
TASKS(soft_cross_entropy_gradient, parts(INT(6), ROW_BLOCK))
static void soft_cross_entropy_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t n = INT(7);
  for (intptr_t r = task * ROW_BLOCK, end = least(INT(6), r + ROW_BLOCK); r < end; r++) {
    const float *x = FLOATS(2) + r * n, *targets = FLOATS(3) + r * n;
    float *dx = FLOATS(5) + r * n;
    Softmax s = softmax_of(x, n);
    Vector top = splat(s.top), share = splat(total(targets, n) / s.sum), factor = splat(FLOATS(4)[r]);
    for (intptr_t i = 0; i < n; i += LANES) {
      Vector e = exponential(load_first(x + i, n - i) - top);
      store_first(dx + i, factor * fused(e, share, -load_first(targets + i, n - i)), n - i);
    }
  }
}

#define LOSS_COMMANDS \
  COMMAND(cross_entropy), COMMAND(cross_entropy_gradient), COMMAND(soft_cross_entropy), COMMAND(soft_cross_entropy_gradient)
