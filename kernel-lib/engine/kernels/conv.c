// Convolutions of maps [batch, height, width, channels]. Every place of a window is a linear layer on the pixels that the grid meet
// there: a task gathers these for its rows, a block of channels at a time, and multiplies with the panels of that place, which add up
// in order. A window as large as its stride meets no pixel twice, so that both directions are a permutation and one product.
#include "command.h"
#include "gemm.h"

typedef struct {
  intptr_t batch, height, width, in, out, kernel, stride, padding, down, across; // down, across: the map that comes out
} Convolution;

INLINE Convolution convolution_of(const double *a) {
  intptr_t height = INT(6), width = INT(7), kernel = INT(10), stride = INT(11), padding = INT(12);
  return (Convolution){INT(5), height, width, INT(8), INT(9), kernel, stride, padding,
                       (height + 2 * padding - kernel) / stride + 1, (width + 2 * padding - kernel) / stride + 1};
}

typedef struct {
  const float *data;
  intptr_t height, width, channels;
} FeatureMap;

// Grid of every sample, row by row: the place (y, x) of window (i, j) is the pixel (i * step + y, j * step + x).
typedef struct {
  intptr_t down, across, step;
} Grid;

// Channels first .. first + count - 1 of the pixels that `rows` grid from `row` on have at (y, x); zeros beyond the border.
static void gather(FeatureMap map, Grid grid, intptr_t row, intptr_t rows, intptr_t y, intptr_t x, intptr_t first, intptr_t count,
                   float *out, intptr_t ld) {
  intptr_t j = row % grid.across, i = row / grid.across % grid.down, sample = row / grid.across / grid.down;
  for (intptr_t r = 0; r < rows; r++, out += ld) {
    intptr_t top = i * grid.step + y, left = j * grid.step + x;
    if (top >= 0 && top < map.height && left >= 0 && left < map.width) {
      const float *pixel = map.data + ((sample * map.height + top) * map.width + left) * map.channels + first;
      for (intptr_t c = 0; c < count; c += LANES) store_first(out + c, load_first(pixel + c, count - c), count - c);
    } else memset(out, 0, count * sizeof(float));
    if (++j < grid.across) continue;
    j = 0;
    if (++i < grid.down) continue;
    i = 0;
    sample++;
  }
}

// c [rows, n] (+)= the pixels at (y, x) times B [channels, n], given as panels. Scratch: rows of a block of channels.
static void place_product(FeatureMap map, Grid grid, intptr_t row, intptr_t rows, intptr_t y, intptr_t x, const float *panels, intptr_t n,
                          float *c, const float *bias, int add, float *scratch) {
  for (intptr_t p = 0, block = k_block(map.channels); p < map.channels; p += block, add = 1) {
    intptr_t length = least(block, map.channels - p);
    gather(map, grid, row, rows, y, x, p, length, scratch, length);
    for (intptr_t j = 0; j < n; j += PANEL)
      rows_against_panel(scratch, length, panels + p * round_up(n, PANEL) + j * length, length, c + j, n, rows, n - j,
                         bias && !add ? bias + j : 0, add);
  }
}

// convolve_panels: weight [out, in, places], panels, in, out, places, transposed. B of each place is w [out, in], or w^T [in, out].
// A column of B is `runs` runs of `length` floats of the weight, through (k, place) in order; columns are turned in registers.
TASKS(convolve_panels, parts(INT(7) ? INT(5) : INT(4), PANEL))
static void convolve_panels_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t in = INT(4), out = INT(5), places = INT(6), transposed = INT(7), first = task * PANEL;
  intptr_t k = transposed ? in : out, n = transposed ? out : in, block = k_block(k);
  intptr_t runs = transposed ? 1 : out, length = transposed ? in * places : places;
  for (intptr_t j = first; j < first + PANEL; j += LANES)
    for (intptr_t r = 0; r < runs; r++)
      for (intptr_t q = 0; q < length; q += LANES) {
        Vector row[LANES];
        UNROLL for (int i = 0; i < LANES; i++)
          row[i] = j + i < n ? load_first(FLOATS(2) + (r * n + j + i) * length + q, length - q) : splat(0);
        transpose(row);
        for (intptr_t i = 0, end = least(LANES, length - q); i < end; i++) {
          intptr_t at = r * length + q + i, p = at / places, start = p / block * block;
          float *panels = FLOATS(3) + (at % places * k + start) * round_up(n, PANEL);
          store(panels + first * least(block, k - start) + (p - start) * PANEL + j - first, row[i]);
        }
      }
}

#define GATHERED_ROWS 144 // most that a task has
#define GATHERED_TILES (GATHERED_ROWS / TILE_ROWS)

// convolve: x, panels, out, then a convolution: batch, height, width, in, out, kernel, stride, padding; bias or 0
INLINE intptr_t grid_rows(Convolution v) { return v.batch * v.down * v.across; }
INLINE intptr_t even_tasks(intptr_t rows, int threads) { return threads * parts(parts(rows, TILE_ROWS), threads * GATHERED_TILES); }
TASKS(convolve, even_tasks(grid_rows(convolution_of(a)), threads))
static void convolve_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  Convolution v = convolution_of(a);
  intptr_t rows = grid_rows(v), tiles = parts(rows, TILE_ROWS);
  intptr_t top = tiles * task / tasks * TILE_ROWS, bottom = least(rows, tiles * (task + 1) / tasks * TILE_ROWS);
  FeatureMap x = {FLOATS(2), v.height, v.width, v.in};
  Grid grid = {v.down, v.across, v.stride};
  for (intptr_t place = 0; place < v.kernel * v.kernel; place++)
    place_product(x, grid, top, bottom - top, place / v.kernel - v.padding, place % v.kernel - v.padding,
                  FLOATS(3) + place * v.in * round_up(v.out, PANEL), v.out, FLOATS(4) + top * v.out, FLOATS(13), place > 0,
                  SCRATCH(thread));
}

// convolve_gradient: dy, panels, dx, a convolution, add. Pixels whose coordinates leave the same rests by the stride are met by the same
// places of grid: each such class is a map of its own, for which dy is gathered without a step.
INLINE intptr_t class_tasks(Convolution v, int threads) {
  if (v.stride == 1) return even_tasks(v.batch * v.height * v.width, threads);
  return v.stride * v.stride * parts(v.batch * parts(v.height, v.stride) * parts(v.width, v.stride), GATHERED_ROWS);
}
TASKS(convolve_gradient, class_tasks(convolution_of(a), threads))
static void convolve_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  Convolution v = convolution_of(a);
  intptr_t cuts = tasks / (v.stride * v.stride), down = task / cuts / v.stride, right = task / cuts % v.stride;
  Grid pixels = {parts(v.height - down, v.stride), parts(v.width - right, v.stride), 1};
  intptr_t rows = down < v.height && right < v.width ? v.batch * pixels.down * pixels.across : 0, tiles = parts(rows, TILE_ROWS);
  intptr_t top = tiles * (task % cuts) / cuts * TILE_ROWS, bottom = least(rows, tiles * (task % cuts + 1) / cuts * TILE_ROWS);
  FeatureMap dy = {FLOATS(2), v.down, v.across, v.out};
  float *dx = FLOATS(4), *scratch = SCRATCH(thread), *c = v.stride == 1 ? dx + top * v.in : scratch + GATHERED_ROWS * K_BLOCK;
  int adds = (int)INT(13), add = adds && v.stride == 1;
  for (intptr_t place = 0; place < v.kernel * v.kernel && top < bottom; place++) {
    intptr_t y = down + v.padding - place / v.kernel, x = right + v.padding - place % v.kernel;
    if (y % v.stride || x % v.stride) continue;
    place_product(dy, pixels, top, bottom - top, y / v.stride, x / v.stride, FLOATS(3) + place * v.out * round_up(v.in, PANEL), v.in, c, 0,
                  add, scratch);
    add = 1;
  }
  if (v.stride == 1) return;
  for (intptr_t r = top; r < bottom; r++, c += v.in) {
    intptr_t sample = r / pixels.across / pixels.down, i = r / pixels.across % pixels.down, j = r % pixels.across;
    float *to = dx + ((sample * v.height + i * v.stride + down) * v.width + j * v.stride + right) * v.in;
    for (intptr_t k = 0; k < v.in; k += LANES) {
      Vector sum = add ? load_first(c + k, v.in - k) : splat(0); // no window may meet the class
      store_first(to + k, adds ? sum + load_first(to + k, v.in - k) : sum, v.in - k);
    }
  }
}

// convolve_weight_gradient: x, dy, dw [out, places, in], a convolution. A task owns columns of dw and walks all rows in fixed blocks.
#define GATHERED_COLUMNS 192
INLINE intptr_t columns_of(Convolution v) { return v.kernel * v.kernel * v.in; }
TASKS(convolve_weight_gradient,
  least(parts(columns_of(convolution_of(a)), PANEL), threads * parts(columns_of(convolution_of(a)), threads * GATHERED_COLUMNS)))
static void convolve_weight_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  Convolution v = convolution_of(a);
  intptr_t places = v.kernel * v.kernel, columns = places * v.in, panels = parts(columns, PANEL), m = grid_rows(v);
  intptr_t start = panels * task / tasks * PANEL, end = least(columns, panels * (task + 1) / tasks * PANEL), width = end - start;
  FeatureMap x = {FLOATS(2), v.height, v.width, v.in};
  Grid grid = {v.down, v.across, v.stride};
  float *dw = FLOATS(4), *gathered = SCRATCH(thread), *scratch = gathered + GATHERED_COLUMNS * K_BLOCK;
  for (intptr_t r = 0, block = k_block(m); r < m; r += block) {
    intptr_t length = least(block, m - r);
    for (intptr_t column = start, count; column < end; column += count) {
      intptr_t place = column / v.in, first = column % v.in;
      count = least(v.in - first, end - column);
      gather(x, grid, r, length, place / v.kernel - v.padding, place % v.kernel - v.padding, first, count, gathered + column - start, width);
    }
    product_in_chunks(FLOATS(3) + r * v.out, v.out, 1, gathered, width, 0, dw + start, columns, v.out, width, length, r > 0, scratch);
  }
}

#define CONV_COMMANDS \
  COMMAND(convolve_panels), COMMAND(convolve), COMMAND(convolve_gradient), COMMAND(convolve_weight_gradient)
