// Matrix products: a register tile of TILE_ROWS x PANEL, B as packed panels, k in even blocks.
//
// Every element of C is one chain of fused multiply-adds over a block of k, then one addition a block. Tiles of all heights, in place
// or packed, run this same chain, so neither the place of a row in its tile nor the cut into tasks changes a bit.
#ifndef MESA_GEMM_H
#define MESA_GEMM_H
#include "vector.h"

#define PANEL (2 * LANES)
#if VECTOR_BYTES == 64 || defined(__aarch64__)
#define TILE_ROWS 12  // 24 accumulators of 32 registers
#elif defined(__x86_64__)
#define TILE_ROWS 6   // 12 of 16
#else
#define TILE_ROWS 4   // wasm: the engine below needs registers for products, too
#endif
#define K_BLOCK 128   // a panel and a tile of a k block fit the first-level cache
#define ROW_CHUNK 192 // the packed chunks of both factors fit the second-level cache
#define COLUMN_CHUNK 384
#define CHUNK_FLOATS ((ROW_CHUNK + COLUMN_CHUNK) * K_BLOCK)

// Length of the blocks that k is cut into: even, so that no block is a short rest.
INLINE intptr_t k_block(intptr_t k) { return k ? parts(k, parts(k, K_BLOCK)) : 1; }

// How the left factor lies: by rows, element (i, p) at a[i * ld + p]; by columns, at a[i + p * ld].
typedef enum { BY_ROWS, BY_COLUMNS } Order;

// c [rows, columns] (+)= a b (+ bias); b is a panel [k, PANEL], of which `halves` vectors are computed.
INLINE void tile(int rows, int halves, Order order, const float *a, intptr_t ld, const float *b, intptr_t k,
                 float *c, intptr_t ldc, intptr_t columns, const float *bias, int add) {
  Vector sum[TILE_ROWS][2];
  // By rows, three share a pointer: address modes reach 0, 1 and 2 times `ld`, so that twelve rows need five registers.
  const float *group[TILE_ROWS / 3 + 1];
  UNROLL for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = splat(0);
  UNROLL for (int g = 0; g < (rows + 2) / 3; g++) group[g] = a + 3 * g * ld;
  for (intptr_t p = 0; p < k; p++, b += PANEL) {
    Vector left = load(b), right = halves > 1 ? load(b + LANES) : left;
    UNROLL for (int i = 0; i < rows; i++) {
      Vector x = splat(order == BY_ROWS ? group[i / 3][i % 3 * ld] : a[p * ld + i]);
      sum[i][0] = fused(x, left, sum[i][0]);
      if (halves > 1) sum[i][1] = fused(x, right, sum[i][1]);
    }
    UNROLL for (int g = 0; g < (rows + 2) / 3; g++) group[g]++;
  }
  UNROLL for (int i = 0; i < rows; i++, c += ldc) {
    UNROLL for (int half = 0; half < halves; half++) {
      intptr_t at = half * LANES, n = columns - at;
      Vector v = sum[i][half];
      if (bias && n > 0) v += load_first(bias + at, n);
      if (add && n > 0) v += load_first(c + at, n);
      if (n > 0) store_first(c + at, v, n);
    }
  }
}

// All m rows against one panel. Tiles of a start `advance` apart.
INLINE void against_panel(Order order, const float *a, intptr_t ld, intptr_t advance, const float *b, intptr_t k,
                          float *c, intptr_t ldc, intptr_t m, intptr_t columns, const float *bias, int add) {
  intptr_t row = order == BY_ROWS ? ld : 1;
  for (; m >= TILE_ROWS; m -= TILE_ROWS, a += advance, c += TILE_ROWS * ldc) {
    if (columns >= PANEL) tile(TILE_ROWS, 2, order, a, ld, b, k, c, ldc, PANEL, bias, add);
    else if (columns > LANES) tile(TILE_ROWS, 2, order, a, ld, b, k, c, ldc, columns, bias, add);
    else tile(TILE_ROWS, 1, order, a, ld, b, k, c, ldc, columns, bias, add);
  }
  for (; m >= 4; m -= 4, a += 4 * row, c += 4 * ldc) tile(4, 2, order, a, ld, b, k, c, ldc, columns, bias, add);
  for (; m >= 1; m -= 1, a += row, c += ldc) tile(1, 2, order, a, ld, b, k, c, ldc, columns, bias, add);
}

// a [m, k] row major, read in place.
static __attribute__((noinline)) void rows_against_panel(const float *a, intptr_t lda, const float *b, intptr_t k, float *c,
                                                         intptr_t ldc, intptr_t m, intptr_t columns, const float *bias, int add) {
  against_panel(BY_ROWS, a, lda, TILE_ROWS * lda, b, k, c, ldc, m, columns, bias, add);
}

// a^T with a [k, m]: in place (advance = TILE_ROWS), or packed by `pack_columns` (lda = TILE_ROWS, advance = k * TILE_ROWS).
static __attribute__((noinline)) void columns_against_panel(const float *a, intptr_t lda, intptr_t advance, const float *b, intptr_t k,
                                                            float *c, intptr_t ldc, intptr_t m, intptr_t columns, int add) {
  against_panel(BY_COLUMNS, a, lda, advance, b, k, c, ldc, m, columns, 0, add);
}

// Panels [k, PANEL] of a block of B, missing columns 0: B = w [k, n] with row stride ld, or w^T with w [n, k].
// Rows are read from end to end, and fetched ahead: they are too short for the processor to see where the next one starts.
#define FETCH_AHEAD 6
static void pack_block(const float *w, intptr_t ld, intptr_t k, intptr_t n, float *out) {
  for (intptr_t p = 0; p < k; p++, w += ld, out += PANEL) {
    float *to = out;
    for (intptr_t j = 0; j < n; j += PANEL, to += k * PANEL) {
      UNROLL for (int line = 0; line < PANEL; line += 16) __builtin_prefetch(w + FETCH_AHEAD * ld + j + line);
      store(to, load_first(w + j, n - j));
      store(to + LANES, n - j > LANES ? load_first(w + j + LANES, n - j - LANES) : splat(0));
    }
  }
}

static void pack_block_transposed(const float *w, intptr_t ld, intptr_t k, intptr_t n, float *out) {
  for (intptr_t j = 0; j < round_up(n, PANEL); j += LANES) {
    float *to = out + j / PANEL * PANEL * k + j % PANEL;
    for (intptr_t p = 0; p < k; p += LANES) {
      Vector row[LANES];
      UNROLL for (int i = 0; i < LANES; i++) row[i] = j + i < n ? load_first(w + (j + i) * ld + p, k - p) : splat(0);
      transpose(row);
      UNROLL for (int i = 0; i < LANES; i++)
        if (p + i < k) store(to + (p + i) * PANEL, row[i]);
    }
  }
}

// Columns first .. last - 1 of B [k, n] (`first` a multiple of PANEL) into [k block][panel][k in the block][PANEL]:
// in all, k * round_up(n, PANEL) floats.
static void pack_panels(const float *w, intptr_t ld, int transposed, intptr_t k, intptr_t n, intptr_t first, intptr_t last, float *out) {
  for (intptr_t p = 0, block = k_block(k); p < k; p += block) {
    intptr_t length = least(block, k - p);
    float *to = out + p * round_up(n, PANEL) + first * length;
    if (transposed) pack_block_transposed(w + first * ld + p, ld, length, last - first, to);
    else pack_block(w + p * ld + first, ld, length, last - first, to);
  }
}

// Columns of a [k, m] as tiles [k, TILE_ROWS]; what is missing in the last tile is left as it was and never read.
static void pack_columns(const float *a, intptr_t lda, intptr_t k, intptr_t m, float *out) {
  for (intptr_t p = 0; p < k; p++, a += lda, out += TILE_ROWS) {
    float *to = out;
    intptr_t i = 0;
    for (; i + TILE_ROWS <= m; i += TILE_ROWS, to += k * TILE_ROWS) {
      __builtin_prefetch(a + FETCH_AHEAD * lda + i);
      memcpy(to, a + i, TILE_ROWS * sizeof(float));
    }
    for (; i < m; i++) *to++ = a[i];
  }
}

// c [m, n] (+)= a [m, k] B (+ bias), B from `pack_panels`. Columns first .. last - 1 only (`first` a multiple of PANEL).
static void product(const float *a, intptr_t lda, const float *panels, float *c, intptr_t ldc, intptr_t m, intptr_t n, intptr_t k,
                    intptr_t first, intptr_t last, const float *bias, int add) {
  intptr_t padded = round_up(n, PANEL), block = k_block(k);
  for (intptr_t p = 0; p < k; p += block) {
    intptr_t length = least(block, k - p);
    for (intptr_t j = first; j < last; j += PANEL)
      rows_against_panel(a + p, lda, panels + p * padded + j * length, length, c + j, ldc, m, last - j,
                         bias && !p ? bias + j : 0, add || p);
  }
}

// c [m, n] (+)= a^T B for k <= K_BLOCK rows of a [k, m], read in place.
static void product_of_columns(const float *a, intptr_t lda, const float *panels, float *c, intptr_t ldc, intptr_t m, intptr_t n,
                               intptr_t k, int add) {
  for (intptr_t j = 0; j < n; j += PANEL)
    columns_against_panel(a, lda, TILE_ROWS, panels + j * k, k, c + j, ldc, m, n - j, add);
}

// c [m, n] (+)= a B with everything packed chunk by chunk in `scratch` (CHUNK_FLOATS): a [m, k], or a^T with a [k, m]; b likewise.
static void product_in_chunks(const float *a, intptr_t lda, int ta, const float *b, intptr_t ldb, int tb, float *c, intptr_t ldc,
                              intptr_t m, intptr_t n, intptr_t k, int add, float *scratch) {
  float *columns = scratch + COLUMN_CHUNK * K_BLOCK;
  for (intptr_t p = 0, block = k_block(k); p < k; p += block) {
    intptr_t length = least(block, k - p);
    for (intptr_t j = 0; j < n; j += COLUMN_CHUNK) {
      intptr_t width = least(COLUMN_CHUNK, n - j);
      if (tb) pack_block_transposed(b + j * ldb + p, ldb, length, width, scratch);
      else pack_block(b + p * ldb + j, ldb, length, width, scratch);
      for (intptr_t i = 0; i < m; i += ROW_CHUNK) {
        intptr_t height = least(ROW_CHUNK, m - i);
        float *to = c + i * ldc + j;
        if (ta) pack_columns(a + p * lda + i, lda, length, height, columns);
        for (intptr_t q = 0; q < width; q += PANEL) {
          if (ta) columns_against_panel(columns, TILE_ROWS, length * TILE_ROWS, scratch + q * length, length, to + q, ldc, height,
                                        width - q, add || p);
          else rows_against_panel(a + i * lda + p, lda, scratch + q * length, length, to + q, ldc, height, width - q, 0, add || p);
        }
      }
    }
  }
}
#endif
