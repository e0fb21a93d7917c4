// Attention in row tiles: a tile of queries against all keys, so that scratch grows with tokens, never with tokens^2.
// Scratch sizes: kernel-lib/engine/scratch.ts.
#include "command.h"
#include "gemm.h"
#include "math.h"

// Queries in a tile: even tiles of at most 96 (48 where the rows are long), a multiple of every TILE_ROWS.
INLINE intptr_t query_rows(intptr_t tokens) {
  intptr_t tiles = parts(tokens, tokens > 512 ? 48 : 96);
  return round_up(parts(tokens, tiles), 12);
}

INLINE float *take(float **scratch, intptr_t floats) {
  float *p = *scratch;
  *scratch = p + floats;
  return p;
}

// s = softmax(s * scale), the maximum taken off; a NaN makes its whole row NaN.
static void softmax_row(float *s, intptr_t n, float scale) {
  Vector factor = splat(scale), top = splat(-__builtin_inff()), sum = splat(0);
  for (intptr_t i = 0; i < n; i += LANES) {
    Vector v = load_first(s + i, n - i) * factor;
    top = maximum(n - i < LANES ? choose(lane_numbers() < (int32_t)(n - i), v, top) : v, top);
  }
  Vector offset = splat(-maximum_of(top));
  for (intptr_t i = 0; i < n; i += LANES) {
    Vector e = keep_first(exponential(fused(load_first(s + i, n - i), factor, offset)), n - i);
    sum += e;
    store_first(s + i, e, n - i);
  }
  Vector inverse = splat(1.0f / sum_of(sum));
  for (intptr_t i = 0; i < n; i += LANES) store_first(s + i, load_first(s + i, n - i) * inverse, n - i);
}

// Probabilities of `rows` queries: the one place where they are computed.
static void probabilities(const float *q, intptr_t ld, const float *keys, float *p, intptr_t ldp, intptr_t rows, intptr_t tokens,
                          intptr_t depth, float scale) {
  product(q, ld, keys, p, ldp, rows, tokens, depth, 0, tokens, 0, 0);
  for (intptr_t r = 0; r < rows; r++) softmax_row(p + r * ldp, tokens, scale);
}

// A task is a head of a sample, or, where there are few heads, a run of its query tiles.
#define ATTENTION_TASKS_A_THREAD 4
TASKS(attention, INT(7) * INT(8) * least(parts(INT(9), query_rows(INT(9))),
                                         parts(threads * ATTENTION_TASKS_A_THREAD, most(1, INT(7) * INT(8)))))
static void attention_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t heads = INT(8), tokens = INT(9), depth = INT(10), ld = heads * depth;
  intptr_t cuts = tasks / (INT(7) * heads), part = task % cuts, head = task / cuts;
  intptr_t corner = head / heads * tokens * ld + head % heads * depth;
  const float *q = FLOATS(2) + corner, *k = FLOATS(3) + corner, *v = FLOATS(4) + corner;
  float *o = FLOATS(5) ? FLOATS(5) + corner : 0, *probs = FLOATS(6) ? FLOATS(6) + head * tokens * tokens : 0;
  intptr_t rows = query_rows(tokens), tiles = parts(tokens, rows);
  float *scratch = SCRATCH(thread);
  float *scores = take(&scratch, rows * round_up(tokens, PANEL));
  float *keys = take(&scratch, round_up(tokens, PANEL) * depth), *values = take(&scratch, tokens * round_up(depth, PANEL));
  pack_panels(k, ld, 1, depth, tokens, 0, tokens, keys);
  if (o) pack_panels(v, ld, 0, tokens, depth, 0, depth, values);
  for (intptr_t r = tiles * part / cuts * rows, end = least(tokens, tiles * (part + 1) / cuts * rows); r < end; r += rows) {
    intptr_t height = least(rows, end - r), ldp = probs ? tokens : round_up(tokens, PANEL);
    float *p = probs ? probs + r * tokens : scores;
    probabilities(q + r * ld, ld, keys, p, ldp, height, tokens, depth, NUMBER(11));
    if (o) product(p, ldp, values, o + r * ld, ld, height, depth, tokens, 0, depth, 0, 0);
  }
}

// dS = P (dP - sum(P dP)) scale, in place of dP.
static void softmax_gradient_row(const float *p, float *dp, intptr_t n, float scale) {
  Vector sum = splat(0), factor = splat(scale);
  for (intptr_t i = 0; i < n; i += LANES) sum = fused(load_first(p + i, n - i), load_first(dp + i, n - i), sum);
  sum = splat(sum_of(sum));
  for (intptr_t i = 0; i < n; i += LANES)
    store_first(dp + i, load_first(p + i, n - i) * factor * (load_first(dp + i, n - i) - sum), n - i);
}

// One task a head: dV and dK gather over the query tiles in order.
TASKS(attention_gradient, INT(10) * INT(11))
static void attention_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t heads = INT(11), tokens = INT(12), depth = INT(13), ld = heads * depth;
  intptr_t corner = task / heads * tokens * ld + task % heads * depth;
  const float *q = FLOATS(2) + corner, *k = FLOATS(3) + corner, *v = FLOATS(4) + corner, *dout = FLOATS(6) + corner;
  const float *probs = FLOATS(5) ? FLOATS(5) + task * tokens * tokens : 0;
  float *dq = FLOATS(7) + corner, *dk = FLOATS(8) + corner, *dv = FLOATS(9) + corner, scale = NUMBER(14);
  intptr_t rows = query_rows(tokens), wide = round_up(tokens, PANEL), deep = round_up(depth, PANEL), ldp = probs ? tokens : wide;
  float *scratch = SCRATCH(thread);
  float *recomputed = take(&scratch, rows * wide), *ds = take(&scratch, rows * wide), *tile = take(&scratch, rows * deep);
  float *keys = take(&scratch, wide * depth), *values = take(&scratch, wide * depth), *keyRows = take(&scratch, tokens * deep);
  if (!probs) pack_panels(k, ld, 1, depth, tokens, 0, tokens, keys);
  pack_panels(v, ld, 1, depth, tokens, 0, tokens, values);
  pack_panels(k, ld, 0, tokens, depth, 0, depth, keyRows);
  for (intptr_t r = 0; r < tokens; r += rows) {
    intptr_t height = least(rows, tokens - r);
    const float *p = probs ? probs + r * tokens : recomputed;
    if (!probs) probabilities(q + r * ld, ld, keys, recomputed, ldp, height, tokens, depth, scale);
    product(dout + r * ld, ld, values, ds, wide, height, tokens, depth, 0, tokens, 0, 0);
    for (intptr_t i = 0; i < height; i++) softmax_gradient_row(p + i * ldp, ds + i * wide, tokens, scale);
    product(ds, wide, keyRows, dq + r * ld, ld, height, depth, tokens, 0, depth, 0, 0);
    pack_block(dout + r * ld, ld, height, depth, tile);
    product_of_columns(p, ldp, tile, dv, ld, tokens, depth, height, r > 0);
    pack_block(q + r * ld, ld, height, depth, tile);
    product_of_columns(ds, wide, tile, dk, ld, tokens, depth, height, r > 0);
  }
}

#define ATTENTION_COMMANDS COMMAND(attention), COMMAND(attention_gradient)
