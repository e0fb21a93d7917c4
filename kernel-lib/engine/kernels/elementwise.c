// Element-wise functions behind the stock tfjs kernels.
#include "command.h"
#include "math.h"
#include "walk.h"

#define NAN_OR(a, v) choose((a) != (a), a, v)

// tanh x = x + x^3 p(x^2) near 0, where 1 - 2 / (e^2x + 1) would cancel.
INLINE Vector hyperbolic_tangent(Vector x) {
  Vector square = x * x;
  Vector near = x + x * square * (-0.33333334f + square * (0.13333334f + square * (-0.053968254f + square * 0.021869488f)));
  Vector far = 1.0f - 2.0f / (exponential(x + x) + 1.0f);
  return choose((square < 0.04f), near, far);
}

enum { NEGATE, ABSOLUTE, SQUARE, SQUARE_ROOT, INVERSE_SQUARE_ROOT, RECIPROCAL, EXPONENTIAL, TANGENT, SIGMOID, RELU, ERROR_FUNCTION };

INLINE Vector unary_of(int f, Vector x) {
  Vector bell;
  switch (f) {
    case NEGATE: return -x;
    case ABSOLUTE: return (Vector)((Integers)x & 0x7fffffff);
    case SQUARE: return x * x;
    case SQUARE_ROOT: return root(x);
    case INVERSE_SQUARE_ROOT: return 1.0f / root(x);
    case RECIPROCAL: return 1.0f / x;
    case EXPONENTIAL: return exponential(x);
    case TANGENT: return hyperbolic_tangent(x);
    case SIGMOID: return 1.0f / (1.0f + exponential(-x));
    case RELU: return NAN_OR(x, maximum(x, splat(0)));
    default: return 2.0f * normal(x * 1.41421356f, &bell) - 1.0f;
  }
}

// unary: x, y, n, f
TASKS(unary, parts(INT(4), BLOCK))
static void unary_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2);
  float *y = FLOATS(3);
  intptr_t start = task * BLOCK, end = least(INT(4), start + BLOCK);
#define CASE(f) case f: for (intptr_t i = start; i < end; i += LANES) store_first(y + i, unary_of(f, load_first(x + i, end - i)), end - i); break
  switch (INT(5)) {
    CASE(NEGATE); CASE(ABSOLUTE); CASE(SQUARE); CASE(SQUARE_ROOT); CASE(INVERSE_SQUARE_ROOT); CASE(RECIPROCAL);
    CASE(EXPONENTIAL); CASE(TANGENT); CASE(SIGMOID); CASE(RELU); CASE(ERROR_FUNCTION);
  }
#undef CASE
}

enum { ADD, SUBTRACT, MULTIPLY, DIVIDE, MAXIMUM, MINIMUM, SQUARED_DIFFERENCE };

INLINE Vector binary_of(int f, Vector x, Vector y) {
  switch (f) {
    case ADD: return x + y;
    case SUBTRACT: return x - y;
    case MULTIPLY: return x * y;
    case DIVIDE: return x / y;
    case MAXIMUM: return NAN_OR(x, maximum(x, y)); // y where either is NaN, so NaN stays
    case MINIMUM: return NAN_OR(x, minimum(x, y));
    default: return (x - y) * (x - y);
  }
}

// One row; an operand with stride 0 is one number.
INLINE void binary_row(int f, const float *x, intptr_t stepX, const float *y, intptr_t stepY, float *out, intptr_t n) {
  Vector u = splat(*x), v = splat(*y);
  for (intptr_t i = 0; i < n; i += LANES) {
    if (stepX) u = load_first(x + i, n - i);
    if (stepY) v = load_first(y + i, n - i);
    store_first(out + i, binary_of(f, u, v), n - i);
  }
}

// binary: x, y, out, f, rank, dims [rank], strides of x [rank], strides of y [rank]; the last strides are 0 or 1, out is contiguous.
// A long row is cut by columns, short ones are taken together.
INLINE intptr_t binary_rows(intptr_t columns) { return most(1, BLOCK / most(1, columns)); }
TASKS(binary, parts(product_of(a + 7, (int)INT(6) - 1), binary_rows((intptr_t)a[6 + INT(6)])) * parts((intptr_t)a[6 + INT(6)], BLOCK))
static void binary_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  int rank = (int)INT(6), last = rank - 1;
  const double *dims = a + 7, *left = dims + rank, *right = left + rank;
  intptr_t columns = (intptr_t)dims[last], cuts = parts(columns, BLOCK), taken = binary_rows(columns);
  intptr_t start = task / cuts * taken, end = least(product_of(dims, last), start + taken);
  intptr_t j = task % cuts * BLOCK, width = least(BLOCK, columns - j), stepX = (intptr_t)left[last], stepY = (intptr_t)right[last];
  Walk w = walk_from(last, dims, left, right, start);
#define CASE(f) case f: for (intptr_t r = start; r < end; r++, walk_on(&w)) \
    binary_row(f, FLOATS(2) + w.a + j * stepX, stepX, FLOATS(3) + w.b + j * stepY, stepY, FLOATS(4) + r * columns + j, width); break
  switch (INT(5)) { CASE(ADD); CASE(SUBTRACT); CASE(MULTIPLY); CASE(DIVIDE); CASE(MAXIMUM); CASE(MINIMUM); CASE(SQUARED_DIFFERENCE); }
#undef CASE
}

// As JavaScript's Int32Array does it: modulo 2^32, 0 for what is not finite.
INLINE int32_t integer_of(float x) { return x > -0x1p63f && x < 0x1p63f ? (int32_t)(uint32_t)(int64_t)x : 0; }

enum { TO_FLOAT, TO_INTEGER, TO_TRUTH };
#define CONVERT(from, to, expression) for (intptr_t i = start; i < end; i++) { from x = ((const from *)FLOATS(2))[i]; ((to *)FLOATS(3))[i] = (to)(expression); }

// cast: x, y, n, type of x, type of y (0 float32, 1 int32, 2 a byte of 0 or 1)
TASKS(cast, parts(INT(4), BLOCK))
static void cast_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t start = task * BLOCK, end = least(INT(4), start + BLOCK);
  switch (INT(5) * 3 + INT(6)) {
    case TO_FLOAT * 3 + TO_INTEGER: CONVERT(float, int32_t, integer_of(x)) break;
    case TO_FLOAT * 3 + TO_TRUTH: CONVERT(float, uint8_t, x != 0) break;
    case TO_INTEGER * 3 + TO_FLOAT: CONVERT(int32_t, float, x) break;
    case TO_INTEGER * 3 + TO_TRUTH: CONVERT(int32_t, uint8_t, x != 0) break;
    case TO_TRUTH * 3 + TO_FLOAT: CONVERT(uint8_t, float, x) break;
    case TO_TRUTH * 3 + TO_INTEGER: CONVERT(uint8_t, int32_t, x) break;
  }
}

#define ELEMENTWISE_COMMANDS COMMAND(unary), COMMAND(binary), COMMAND(cast)
