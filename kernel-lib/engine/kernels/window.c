// A map of features cut into windows and put together again: two gathers of rows, each the other's inverse and adjoint.
#include "command.h"
#include "vector.h"

// A map in raster order, padded to whole windows and moved up and left by `shift` as on a torus.
// Tokens of a window lie row by row, or column by column.
typedef struct {
  intptr_t height, width, window, shift, byColumns, down, across;
} WindowCut;

// x, out, samples, height, width, window, shift, byColumns, d, add
static WindowCut window_cut(const double *a) {
  WindowCut w = {INT(5), INT(6), INT(7), INT(8), INT(9), parts(INT(5), INT(7)), parts(INT(6), INT(7))};
  return w;
}
INLINE intptr_t rows_on_map(WindowCut w) { return w.height * w.width; }
INLINE intptr_t rows_in_windows(WindowCut w) { return w.down * w.across * w.window * w.window; }

// The row of the map that a row of the windows comes from; -1: padding.
static intptr_t row_of_map(WindowCut w, intptr_t row) {
  intptr_t n = w.window * w.window, at = row / n, slow = row % n / w.window, fast = row % n % w.window;
  intptr_t y = at / w.across * w.window + (w.byColumns ? fast : slow) + w.shift;
  intptr_t x = at % w.across * w.window + (w.byColumns ? slow : fast) + w.shift;
  if (y >= w.down * w.window) y -= w.down * w.window;
  if (x >= w.across * w.window) x -= w.across * w.window;
  return y < w.height && x < w.width ? y * w.width + x : -1;
}

// The row of the windows that holds a row of the map.
static intptr_t row_of_windows(WindowCut w, intptr_t row) {
  intptr_t y = row / w.width - w.shift, x = row % w.width - w.shift;
  if (y < 0) y += w.down * w.window;
  if (x < 0) x += w.across * w.window;
  intptr_t at = y / w.window * w.across + x / w.window, down = y % w.window, right = x % w.window;
  return (at * w.window + (w.byColumns ? right : down)) * w.window + (w.byColumns ? down : right);
}

// out (+)= from, or nothing where there is no row.
static void put_row(const float *from, float *out, intptr_t d, intptr_t add) {
  if (!add && from) memcpy(out, from, d * sizeof(float));
  else if (!add) memset(out, 0, d * sizeof(float));
  else if (from)
    for (intptr_t i = 0; i < d; i += LANES) store_first(out + i, load_first(out + i, d - i) + load_first(from + i, d - i), d - i);
}

// Rows of `out` from `inside` rows a sample, each from the row of x that `source` says.
INLINE void gather_rows(const double *a, intptr_t task, intptr_t (*source)(WindowCut, intptr_t), intptr_t inside, intptr_t outside) {
  WindowCut w = window_cut(a);
  intptr_t rows = INT(4) * outside, d = INT(10);
  for (intptr_t r = task * ROW_BLOCK, end = least(rows, r + ROW_BLOCK); r < end; r++) {
    intptr_t from = source(w, r % outside);
    put_row(from < 0 ? 0 : FLOATS(2) + (r / outside * inside + from) * d, FLOATS(3) + r * d, d, INT(11));
  }
}

TASKS(to_windows, parts(INT(4) * rows_in_windows(window_cut(a)), ROW_BLOCK))
static void to_windows_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  gather_rows(a, task, row_of_map, rows_on_map(window_cut(a)), rows_in_windows(window_cut(a)));
}

TASKS(from_windows, parts(INT(4) * rows_on_map(window_cut(a)), ROW_BLOCK))
static void from_windows_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  gather_rows(a, task, row_of_windows, rows_in_windows(window_cut(a)), rows_on_map(window_cut(a)));
}

#define WINDOW_COMMANDS COMMAND(to_windows), COMMAND(from_windows)
