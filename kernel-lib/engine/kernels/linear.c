// Linear layers and the batched product.
#include "command.h"
#include "gemm.h"

#define PANELS_COLUMNS 64
TASKS(panels, parts(INT(6), PANELS_COLUMNS))
static void panels_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t n = INT(6), first = task * PANELS_COLUMNS;
  pack_panels(FLOATS(2), INT(3), (int)INT(4), INT(5), n, first, least(n, first + PANELS_COLUMNS), FLOATS(7));
}

// Many rows are cut by rows, about six tiles a task and the same number for every thread; few rows by columns. Panels that outgrow
// the caches are read anew by every task: then tasks have twice as many.
#define TASK_TILES(n, k) ((n) * (k) > 1 << 20 ? 12 : 6)
#define FEW_ROWS (4 * TILE_ROWS)
#define FEW_ROWS_COLUMNS (4 * PANEL)

TASKS(linear, INT(7) <= FEW_ROWS ? parts(INT(8), FEW_ROWS_COLUMNS)
                                 : threads * parts(parts(INT(7), TILE_ROWS), threads * TASK_TILES(INT(8), INT(9))))
static void linear_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2), *panels = FLOATS(4), *bias = FLOATS(10);
  intptr_t lda = INT(3), ldc = INT(6), m = INT(7), n = INT(8), k = INT(9);
  float *c = FLOATS(5);
  intptr_t top = 0, bottom = m, first = 0, last = n;
  if (m <= FEW_ROWS) {
    first = task * FEW_ROWS_COLUMNS;
    last = least(n, first + FEW_ROWS_COLUMNS);
  } else {
    intptr_t tiles = parts(m, TILE_ROWS);
    top = tiles * task / tasks * TILE_ROWS;
    bottom = least(m, tiles * (task + 1) / tasks * TILE_ROWS);
  }
  product(x + top * lda, lda, panels, c + top * ldc, ldc, bottom - top, n, k, first, last, bias, (int)INT(11));
}

// Sums over the rows of each column, by blocks of rows.
static void column_sums(const float *x, intptr_t ld, intptr_t rows, intptr_t columns, float *out, int add) {
  for (intptr_t r = 0, block = k_block(rows); r < rows; r += block, add = 1) {
    intptr_t end = least(rows, r + block);
    for (intptr_t j = 0; j < columns; j += PANEL) {
      intptr_t left = columns - j, right = left - LANES;
      Vector sum[2] = {splat(0), splat(0)};
      for (intptr_t p = r; p < end; p++) {
        sum[0] += load_first(x + p * ld + j, left);
        if (right > 0) sum[1] += load_first(x + p * ld + j + LANES, right);
      }
      store_first(out + j, add ? sum[0] + load_first(out + j, left) : sum[0], left);
      if (right > 0) store_first(out + j + LANES, add ? sum[1] + load_first(out + j + LANES, right) : sum[1], right);
    }
  }
}

// column_sums: x, rows, columns, out, add
TASKS(column_sums, parts(INT(4), PANEL))
static void column_sums_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t n = INT(4), j = task * PANEL;
  column_sums(FLOATS(2) + j, n, INT(3), least(PANEL, n - j), FLOATS(5) + j, (int)INT(6));
}

// dw [n, k] = dy^T x. The longer side is cut, about 192 a task; every task walks all rows, so the cut changes no bit. Of equal sides
// it is the columns, in panels, unless these are odd in number and two threads could not have as many each.
INLINE int by_columns(intptr_t k, intptr_t n) { return k > n || (k == n && parts(k, PANEL) % 2 == 0); }
TASKS(linear_weight_gradient, by_columns(INT(7), INT(8))
  ? least(parts(INT(7), PANEL), threads * parts(INT(7), threads * 192))
  : least(parts(INT(8), TILE_ROWS), threads * parts(INT(8), threads * 192)))
static void linear_weight_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  const float *x = FLOATS(2), *dy = FLOATS(4);
  intptr_t ldx = INT(3), ldy = INT(5), m = INT(6), k = INT(7), n = INT(8);
  float *dw = FLOATS(9), *db = FLOATS(10);
  int add = (int)INT(11);
  intptr_t columns = by_columns(k, n), unit = columns ? PANEL : TILE_ROWS, side = columns ? k : n, units = parts(side, unit);
  intptr_t start = units * task / tasks * unit, end = least(side, units * (task + 1) / tasks * unit);
  intptr_t i = columns ? 0 : start, height = columns ? n : end - start;
  intptr_t j = columns ? start : 0, width = columns ? end - start : k;
  product_in_chunks(dy + i, ldy, 1, x + j, ldx, 0, dw + i * k + j, k, height, width, m, add, SCRATCH(thread));
  if (db && j == 0) column_sums(dy + i, ldy, m, height, db + i, add);
}

#define MATMUL_ROWS 96
TASKS(matmul, INT(5) * parts(INT(6), MATMUL_ROWS))
static void matmul_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t m = INT(6), n = INT(7), k = INT(8), ta = INT(9), tb = INT(10);
  intptr_t cuts = parts(m, MATMUL_ROWS), index = task / cuts, i = task % cuts * MATMUL_ROWS, height = least(MATMUL_ROWS, m - i);
  const float *left = FLOATS(2) + index * INT(11), *right = FLOATS(3) + index * INT(12);
  float *c = FLOATS(4) + (index * m + i) * n;
  if (!k) memset(c, 0, height * n * sizeof(float));
  product_in_chunks(ta ? left + i : left + i * k, ta ? m : k, (int)ta, right, tb ? k : n, (int)tb, c, n, height, n, k, 0,
                    SCRATCH(thread));
}

#define LINEAR_COMMANDS COMMAND(panels), COMMAND(linear), COMMAND(column_sums), COMMAND(linear_weight_gradient), COMMAND(matmul)
