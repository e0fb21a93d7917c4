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
#define K_BLOCK 256   // a panel of a k block fits the first-level cache
#define ROW_CHUNK 192 // packed A and B of a chunk fit the second-level cache: 192 * 256 + 256 * 256 floats
#define COLUMN_CHUNK 256
#define CHUNK_FLOATS ((ROW_CHUNK + COLUMN_CHUNK) * K_BLOCK)

// Length of the blocks that k is cut into: even, so that no block is a short rest.
INLINE intptr_t k_block(intptr_t k) { return k ? parts(k, parts(k, K_BLOCK)) : 1; }

// c [rows, columns <= PANEL] (+)= a b (+ bias). Element (i, p) of a lies at a[i * row + p * step]; b is a panel [k, PANEL].
INLINE void tile(int rows, const float *a, intptr_t row, intptr_t step, const float *b, intptr_t k,
                 float *c, intptr_t ldc, intptr_t columns, const float *bias, int add) {
  Vector sum[TILE_ROWS][2];
  // Three rows share a pointer: the address modes reach 0, 1 and 2 times `row`, so that twelve rows need five registers.
  const float *group[TILE_ROWS / 3 + 1];
  UNROLL for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = splat(0);
  UNROLL for (int g = 0; g < (rows + 2) / 3; g++) group[g] = a + 3 * g * row;
  for (intptr_t p = 0; p < k; p++, b += PANEL, a += step) {
    Vector left = load(b), right = load(b + LANES);
    UNROLL for (int i = 0; i < rows; i++) {
      Vector x = splat(row == 1 ? a[i] : group[i / 3][i % 3 * row]);
      sum[i][0] = fused(x, left, sum[i][0]);
      sum[i][1] = fused(x, right, sum[i][1]);
    }
    UNROLL for (int g = 0; g < (rows + 2) / 3; g++) group[g] += step;
  }
  UNROLL for (int i = 0; i < rows; i++, c += ldc) {
    UNROLL for (int half = 0; half < 2; half++) {
      intptr_t at = half * LANES, n = columns - at;
      Vector v = sum[i][half];
      if (bias && n > 0) v += load_first(bias + at, n);
      if (add && n > 0) v += load_first(c + at, n);
      if (n > 0) store_first(c + at, v, n);
    }
  }
}

// All m rows against one panel. Tiles of a start `advance` apart.
INLINE void against_panel(const float *a, intptr_t row, intptr_t step, intptr_t advance, const float *b, intptr_t k,
                          float *c, intptr_t ldc, intptr_t m, intptr_t columns, const float *bias, int add) {
  for (; m >= TILE_ROWS; m -= TILE_ROWS, a += advance, c += TILE_ROWS * ldc) {
    if (columns >= PANEL) tile(TILE_ROWS, a, row, step, b, k, c, ldc, PANEL, bias, add);
    else tile(TILE_ROWS, a, row, step, b, k, c, ldc, columns, bias, add);
  }
  for (; m >= 4; m -= 4, a += 4 * row, c += 4 * ldc) tile(4, a, row, step, b, k, c, ldc, columns, bias, add);
  for (; m >= 1; m -= 1, a += row, c += ldc) tile(1, a, row, step, b, k, c, ldc, columns, bias, add);
}

// a [m, k] row major, read in place.
static __attribute__((noinline)) void rows_against_panel(const float *a, intptr_t lda, const float *b, intptr_t k, float *c,
                                                         intptr_t ldc, intptr_t m, intptr_t columns, const float *bias, int add) {
  against_panel(a, lda, 1, TILE_ROWS * lda, b, k, c, ldc, m, columns, bias, add);
}

// a^T with a [k, m]: in place (step = lda, advance = TILE_ROWS), or packed by `pack_columns` (step = TILE_ROWS).
static __attribute__((noinline)) void columns_against_panel(const float *a, intptr_t step, intptr_t advance, const float *b, intptr_t k,
                                                            float *c, intptr_t ldc, intptr_t m, intptr_t columns, int add) {
  against_panel(a, 1, step, advance, b, k, c, ldc, m, columns, 0, add);
}

// One panel [k, PANEL] of B, its missing columns 0: B = w [k, n] with row stride ld, or w^T with w [n, k].
static void pack_panel(const float *w, intptr_t ld, int transposed, intptr_t k, intptr_t columns, float *out) {
  if (!transposed) {
    for (intptr_t p = 0; p < k; p++, w += ld, out += PANEL) {
      store(out, load_first(w, columns));
      store(out + LANES, columns > LANES ? load_first(w + LANES, columns - LANES) : splat(0));
    }
    return;
  }
  for (int half = 0; half < 2; half++) {
    for (intptr_t p = 0; p < k; p += LANES) {
      Vector row[LANES];
      UNROLL for (int i = 0; i < LANES; i++)
        row[i] = half * LANES + i < columns ? load_first(w + (half * LANES + i) * ld + p, k - p) : splat(0);
      transpose(row);
      UNROLL for (int i = 0; i < LANES; i++)
        if (p + i < k) store(out + (p + i) * PANEL + half * LANES, row[i]);
    }
  }
}

// All of B [k, n] as [k block][panel][k in the block][PANEL]: k * round_up(n, PANEL) floats.
static void pack_panels(const float *w, intptr_t ld, int transposed, intptr_t k, intptr_t n, float *out) {
  for (intptr_t p = 0, block = k_block(k); p < k; p += block) {
    intptr_t length = least(block, k - p);
    for (intptr_t j = 0; j < n; j += PANEL, out += length * PANEL)
      pack_panel(transposed ? w + j * ld + p : w + p * ld + j, ld, transposed, length, n - j, out);
  }
}

// Columns of a [k, m] as tiles [k, TILE_ROWS]; what is missing in the last tile is left as it was and never read.
static void pack_columns(const float *a, intptr_t lda, intptr_t k, intptr_t m, float *out) {
  for (intptr_t i = 0; i < m; i += TILE_ROWS)
    for (intptr_t p = 0; p < k; p++, out += TILE_ROWS) {
      if (m - i >= TILE_ROWS) memcpy(out, a + p * lda + i, TILE_ROWS * sizeof(float));
      else for (intptr_t j = 0; j < m - i; j++) out[j] = a[p * lda + i + j];
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
      pack_panels(tb ? b + j * ldb + p : b + p * ldb + j, ldb, tb, length, width, scratch);
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
