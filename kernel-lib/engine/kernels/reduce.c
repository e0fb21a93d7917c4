// Reductions and softmax behind the stock tfjs kernels. The partition is fixed by shape.
#include "command.h"
#include "math.h"

enum { REDUCE_SUM, REDUCE_MAXIMUM, REDUCE_MINIMUM };

// NaN stays: where v is NaN the comparison with the old value is what keeps it.
INLINE Vector reduced(int f, Vector v, Vector sum) {
  switch (f) {
    case REDUCE_SUM: return sum + v;
    case REDUCE_MAXIMUM: return choose((v > sum) | (v != v), v, sum);
    default: return choose((v < sum) | (v != v), v, sum);
  }
}
INLINE float first_of(int f) { return f == REDUCE_SUM ? 0 : f == REDUCE_MAXIMUM ? -__builtin_inff() : __builtin_inff(); }

// One row, four vectors at a time; blocks of 4096 are added up in double.
#define REDUCE_BLOCK 4096
INLINE float reduce_row(int f, const float *x, intptr_t n) {
  double total = first_of(f);
  for (intptr_t start = 0; start < n; start += REDUCE_BLOCK) {
    intptr_t i = start, end = least(n, start + REDUCE_BLOCK);
    Vector sum[4];
    float lanes[LANES], rest = first_of(f);
    for (int k = 0; k < 4; k++) sum[k] = splat(rest);
    for (; i + 4 * LANES <= end; i += 4 * LANES) UNROLL for (int k = 0; k < 4; k++) sum[k] = reduced(f, load(x + i + k * LANES), sum[k]);
    for (; i + LANES <= end; i += LANES) sum[0] = reduced(f, load(x + i), sum[0]);
    store(lanes, reduced(f, reduced(f, sum[0], sum[1]), reduced(f, sum[2], sum[3])));
    for (; i < end; i++) rest = reduced(f, splat(x[i]), splat(rest))[0];
    for (int k = 0; k < LANES; k++) rest = reduced(f, splat(lanes[k]), splat(rest))[0];
    total = f == REDUCE_SUM ? total + rest : reduced(f, splat(rest), splat((float)total))[0];
  }
  return (float)total;
}

// Columns [rows, width <= LANES] with a stride between rows, by blocks of 256 rows.
INLINE Vector reduce_columns(int f, const float *x, intptr_t stride, intptr_t rows, intptr_t width) {
  Vector total = splat(first_of(f));
  for (intptr_t start = 0; start < rows; start += 256) {
    Vector sum = splat(first_of(f));
    for (intptr_t r = start, end = least(rows, start + 256); r < end; r++) sum = reduced(f, load_first(x + r * stride, width), sum);
    total = reduced(f, sum, total);
  }
  return total;
}

// reduce: x [outer, n, inner], out [outer, inner], outer, n, inner, f, factor
INLINE intptr_t reduce_rows(intptr_t n) { return most(1, BLOCK / most(1, n)); }
TASKS(reduce, INT(6) == 1 ? parts(INT(4), reduce_rows(INT(5))) : INT(4) * parts(INT(6), LANES))
static void reduce_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2);
  float *out = FLOATS(3), factor = NUMBER(8);
  intptr_t outer = INT(4), n = INT(5), inner = INT(6), cuts = parts(inner, LANES), o = task / cuts, j = task % cuts * LANES;
#define CASE(f) case f: \
    if (inner == 1) { \
      for (intptr_t r = task * reduce_rows(n), end = least(outer, r + reduce_rows(n)); r < end; r++) out[r] = factor * reduce_row(f, x + r * n, n); \
    } else store_first(out + o * inner + j, splat(factor) * reduce_columns(f, x + o * n * inner + j, inner, n, inner - j), inner - j); \
    break
  switch (INT(7)) { CASE(REDUCE_SUM); CASE(REDUCE_MAXIMUM); CASE(REDUCE_MINIMUM); }
#undef CASE
}

// softmax: x, y, rows, n; over the last axis
TASKS(softmax, parts(INT(4), reduce_rows(INT(5))))
static void softmax_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t rows = INT(4), n = INT(5);
  for (intptr_t r = task * reduce_rows(n), end = least(rows, r + reduce_rows(n)); r < end; r++) {
    const float *x = FLOATS(2) + r * n;
    float *y = FLOATS(3) + r * n;
    Vector largest = splat(reduce_row(REDUCE_MAXIMUM, x, n));
    for (intptr_t i = 0; i < n; i += LANES) store_first(y + i, exponential(load_first(x + i, n - i) - largest), n - i);
    Vector scale = splat(1.0f / reduce_row(REDUCE_SUM, y, n));
    for (intptr_t i = 0; i < n; i += LANES) store_first(y + i, load_first(y + i, n - i) * scale, n - i);
  }
}

#define REDUCE_COMMANDS COMMAND(reduce), COMMAND(softmax)
