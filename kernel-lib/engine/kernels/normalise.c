// LayerNorm in two halves, normalise (x -> xhat) and affine (xhat -> out): each half is one function, so that whoever computes it
// gets the same bits.
#include "command.h"
#include "math.h"

INLINE Vector standardised(Vector x, Vector mean, Vector rstd) { return (x - mean) * rstd; }
INLINE Vector affined(Vector xhat, Vector gamma, Vector beta) { return fused(xhat, gamma, beta); }

TASKS(normalise, parts(INT(9), ROW_BLOCK))
static void normalise_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *gamma = FLOATS(3), *beta = FLOATS(4);
  float *means = FLOATS(6), *rstds = FLOATS(7);
  intptr_t rows = INT(9), d = INT(10);
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    const float *x = FLOATS(2) + r * d;
    Vector sum = splat(0), squares = splat(0);
    for (intptr_t i = 0; i < d; i += LANES) sum += load_first(x + i, d - i);
    Vector mean = splat(sum_of(sum) / (float)d);
    for (intptr_t i = 0; i < d; i += LANES) {
      Vector deviation = keep_first(load_first(x + i, d - i) - mean, d - i);
      squares = fused(deviation, deviation, squares);
    }
    Vector rstd = splat(1.0f / __builtin_sqrtf(sum_of(squares) / (float)d + NUMBER(11)));
    if (means) means[r] = mean[0];
    if (rstds) rstds[r] = rstd[0];
    float *xhat = FLOATS(5) ? FLOATS(5) + r * d : 0, *out = FLOATS(8) ? FLOATS(8) + r * d : 0;
    for (intptr_t i = 0; i < d; i += LANES) {
      Vector v = standardised(load_first(x + i, d - i), mean, rstd);
      if (xhat) store_first(xhat + i, v, d - i);
      if (out) store_first(out + i, affined(v, load_first(gamma + i, d - i), load_first(beta + i, d - i)), d - i);
    }
  }
}

TASKS(affine, parts(INT(6), ROW_BLOCK))
static void affine_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *gamma = FLOATS(3), *beta = FLOATS(4);
  intptr_t rows = INT(6), d = INT(7);
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    const float *xhat = FLOATS(2) + r * d;
    float *out = FLOATS(5) + r * d;
    for (intptr_t i = 0; i < d; i += LANES)
      store_first(out + i, affined(load_first(xhat + i, d - i), load_first(gamma + i, d - i), load_first(beta + i, d - i)), d - i);
  }
}

TASKS(standardise, parts(INT(6), ROW_BLOCK))
static void standardise_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rows = INT(6), d = INT(7);
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    const float *x = FLOATS(2) + r * d;
    float *xhat = FLOATS(5) + r * d;
    Vector mean = splat(FLOATS(3)[r]), rstd = splat(FLOATS(4)[r]);
    for (intptr_t i = 0; i < d; i += LANES) store_first(xhat + i, standardised(load_first(x + i, d - i), mean, rstd), d - i);
  }
}

TASKS(denormalise, parts(INT(6), ROW_BLOCK))
static void denormalise_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rows = INT(6), d = INT(7);
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    const float *xhat = FLOATS(2) + r * d;
    float *x = FLOATS(5) + r * d;
    Vector mean = splat(FLOATS(3)[r]), deviation = splat(1.0f / FLOATS(4)[r]);
    for (intptr_t i = 0; i < d; i += LANES) store_first(x + i, fused(load_first(xhat + i, d - i), deviation, mean), d - i);
  }
}

// With g = dout * gamma: dx = rstd (g - mean(g) - xhat mean(g xhat)). A block of rows sums dgamma and dbeta into its own partials.
TASKS(normalise_gradient, parts(INT(9), ROW_BLOCK))
static void normalise_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *gamma = FLOATS(4);
  intptr_t add = INT(7), rows = INT(9), d = INT(10);
  float *dgamma = FLOATS(8) ? FLOATS(8) + task * 2 * d : 0, *dbeta = dgamma + d;
  if (dgamma) memset(dgamma, 0, 2 * d * sizeof(float));
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    const float *xhat = FLOATS(2) + r * d, *dout = FLOATS(5) + r * d;
    if (dgamma) {
      for (intptr_t i = 0; i < d; i += LANES) {
        Vector dy = load_first(dout + i, d - i);
        store_first(dgamma + i, fused(dy, load_first(xhat + i, d - i), load_first(dgamma + i, d - i)), d - i);
        store_first(dbeta + i, dy + load_first(dbeta + i, d - i), d - i);
      }
    }
    if (!FLOATS(6)) continue;
    float *dx = FLOATS(6) + r * d;
    Vector sum = splat(0), along = splat(0), rstd = splat(FLOATS(3)[r]);
    for (intptr_t i = 0; i < d; i += LANES) {
      Vector g = load_first(dout + i, d - i) * load_first(gamma + i, d - i);
      sum += g;
      along = fused(g, load_first(xhat + i, d - i), along);
    }
    sum = splat(sum_of(sum) / (float)d);
    along = splat(-sum_of(along) / (float)d);
    for (intptr_t i = 0; i < d; i += LANES) {
      Vector g = load_first(dout + i, d - i) * load_first(gamma + i, d - i);
      Vector v = rstd * fused(load_first(xhat + i, d - i), along, g - sum);
      store_first(dx + i, add ? v + load_first(dx + i, d - i) : v, d - i);
    }
  }
}

// out[j] (+)= sum over i of partials[i * stride + offset + j]
TASKS(sum_partials, parts(INT(6), ROW_BLOCK))
static void sum_partials_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *partials = FLOATS(2) + INT(5);
  intptr_t count = INT(3), stride = INT(4), n = INT(6), add = INT(8);
  float *out = FLOATS(7);
  for (intptr_t j = task * ROW_BLOCK, end = least(n, j + ROW_BLOCK); j < end; j += LANES) {
    Vector sum = splat(0);
    for (intptr_t i = 0; i < count; i++) sum += load_first(partials + i * stride + j, end - j);
    store_first(out + j, add ? sum + load_first(out + j, end - j) : sum, end - j);
  }
}

#define NORMALISE_COMMANDS \
  COMMAND(normalise), COMMAND(affine), COMMAND(standardise), COMMAND(denormalise), COMMAND(normalise_gradient), COMMAND(sum_partials)
