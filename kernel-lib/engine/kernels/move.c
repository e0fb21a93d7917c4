// Copies from one arrangement to another: slices, transposes, tiles, concatenations, padding.
#include "command.h"
#include "walk.h"

#define COPY_BLOCK 16384 // elements a task
#define TURN_BLOCK 128    // rows and columns a task when rows become columns
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
typedef struct {
  intptr_t rows, columns, rowX, columnX, rowY, columnY; // the last two dimensions
  intptr_t height, width, down, across;                 // blocks of a task, and how many there are
  int turned;
} Plane;

INLINE Plane plane_of(const double *a) {
  int rank = (int)INT(5);
  const double *dims = a + 6 + rank - 2, *x = dims + rank, *y = x + rank;
  Plane p = {(intptr_t)dims[0], (intptr_t)dims[1], (intptr_t)x[0], (intptr_t)x[1], (intptr_t)y[0], (intptr_t)y[1], 0, 0, 0, 0, 0};
  p.turned = p.rowX == 1 && p.columnY == 1 && p.columnX != 1;
  p.width = least(p.columns, p.turned ? TURN_BLOCK : COPY_BLOCK);
  p.height = p.turned ? TURN_BLOCK : most(1, COPY_BLOCK / most(1, p.width));
  p.down = parts(p.rows, p.height);
  p.across = parts(p.columns, most(1, p.width));
  return p;
}

static intptr_t strided_tasks(const double *a, int threads) {
  (void)threads;
  Plane p = plane_of(a);
  return product_of(a + 6, (int)INT(5) - 2) * p.down * p.across;
}

static void strided_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  Plane p = plane_of(a);
  int rank = (int)INT(5);
  const double *dims = a + 6;
  Walk w = walk_from(rank - 2, dims, dims + rank, dims + 2 * rank, task / (p.down * p.across));
  intptr_t i = task / p.across % p.down * p.height, rows = least(p.height, p.rows - i);
  intptr_t j = task % p.across * p.width, columns = least(p.width, p.columns - j);
  intptr_t x = w.a + i * p.rowX + j * p.columnX, y = w.b + i * p.rowY + j * p.columnY;
  const uint32_t *words = (const uint32_t *)INTS(2) + x;
  uint32_t *out = (uint32_t *)INTS(3) + y;
  if (INT(4) == 1) copy_plane_uint8_t(BYTES(2) + x, p.rowX, p.columnX, BYTES(3) + y, p.rowY, p.columnY, rows, columns);
  else if (p.turned) turn_plane(words, p.columnX, out, p.rowY, rows, columns);
  else copy_plane_uint32_t(words, p.rowX, p.columnX, out, p.rowY, p.columnY, rows, columns);
}

#define MOVE_COMMANDS COMMAND(strided)
