// Copies from one arrangement to another: slices, transposes, tiles, concatenations, padding.
#include "command.h"
#include "walk.h"

#define COPY_BLOCK 16384 // elements a task
#define COPY_COLUMNS 16  // columns at once when rows lie across: as many streams as the first-level cache holds well

// The last two dimensions [rows, columns].
#define COPY_PLANE(type) \
  static void copy_plane_##type(const type *x, intptr_t rowX, intptr_t columnX, type *y, intptr_t rowY, intptr_t columnY, \
                                intptr_t rows, intptr_t columns) { \
    if (columnX == 1 && columnY == 1) { \
      for (intptr_t i = 0; i < rows; i++) memcpy(y + i * rowY, x + i * rowX, columns * sizeof(type)); \
      return; \
    } \
    for (intptr_t j = 0; j < columns; j += COPY_COLUMNS) \
      for (intptr_t i = 0, end = least(columns, j + COPY_COLUMNS); i < rows; i++) \
        for (intptr_t k = j; k < end; k++) y[i * rowY + k * columnY] = x[i * rowX + k * columnX]; \
  }
COPY_PLANE(uint32_t)
COPY_PLANE(uint8_t)

// Rows of x lie along the columns of y: squares are turned in registers, so that a cache line is read once and not again when
// strides of a power of two have thrown it out.
static void turn_plane(const uint32_t *x, intptr_t columnX, uint32_t *y, intptr_t rowY, intptr_t rows, intptr_t columns) {
  intptr_t wholeRows = rows / LANES * LANES, wholeColumns = columns / LANES * LANES;
  for (intptr_t j = 0; j < wholeColumns; j += LANES)
    for (intptr_t i = 0; i < wholeRows; i += LANES) {
      Vector square[LANES];
      UNROLL for (int k = 0; k < LANES; k++) square[k] = load((const float *)x + i + (j + k) * columnX);
      transpose(square);
      UNROLL for (int k = 0; k < LANES; k++) store((float *)y + (i + k) * rowY + j, square[k]);
    }
  copy_plane_uint32_t(x + wholeColumns * columnX, 1, columnX, y + wholeColumns, rowY, 1, wholeRows, columns - wholeColumns);
  copy_plane_uint32_t(x + wholeRows, 1, columnX, y + wholeRows * rowY, rowY, 1, rows - wholeRows, columns);
}

// strided: x, y, bytes an element (1 or 4), rank >= 2, dims [rank], strides of x [rank], strides of y [rank]
INLINE intptr_t strided_columns(const double *dims) { return least((intptr_t)dims[1], COPY_BLOCK); }
INLINE intptr_t strided_rows(const double *dims) { return most(1, COPY_BLOCK / most(1, strided_columns(dims))); }
INLINE intptr_t strided_cuts(const double *dims) {
  return parts((intptr_t)dims[0], strided_rows(dims)) * parts((intptr_t)dims[1], most(1, strided_columns(dims)));
}
TASKS(strided, product_of(a + 6, (int)INT(5) - 2) * strided_cuts(a + 6 + INT(5) - 2))
static void strided_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  int rank = (int)INT(5), outer = rank - 2;
  const double *dims = a + 6, *from = dims + rank, *to = from + rank, *plane = dims + outer;
  intptr_t across = parts((intptr_t)plane[1], strided_columns(plane)), cut = task % strided_cuts(plane);
  intptr_t i = cut / across * strided_rows(plane), rows = least(strided_rows(plane), (intptr_t)plane[0] - i);
  intptr_t j = cut % across * strided_columns(plane), columns = least(strided_columns(plane), (intptr_t)plane[1] - j);
  intptr_t rowX = (intptr_t)from[outer], columnX = (intptr_t)from[outer + 1], rowY = (intptr_t)to[outer], columnY = (intptr_t)to[outer + 1];
  Walk w = walk_from(outer, dims, from, to, task / strided_cuts(plane));
  intptr_t x = w.a + i * rowX + j * columnX, y = w.b + i * rowY + j * columnY;
  const uint32_t *words = (const uint32_t *)INTS(2) + x;
  uint32_t *out = (uint32_t *)INTS(3) + y;
  if (INT(4) == 4 && rowX == 1 && columnY == 1 && columnX != 1) turn_plane(words, columnX, out, rowY, rows, columns);
  else if (INT(4) == 4) copy_plane_uint32_t(words, rowX, columnX, out, rowY, columnY, rows, columns);
  else copy_plane_uint8_t(BYTES(2) + x, rowX, columnX, BYTES(3) + y, rowY, columnY, rows, columns);
}

#define MOVE_COMMANDS COMMAND(strided)
