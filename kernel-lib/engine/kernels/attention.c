// Attention in row tiles: a tile of queries against all keys, so that scratch grows with tokens, never with tokens^2.
// Scratch sizes: kernel-lib/engine/scratch.ts.
#include "command.h"
#include "gemm.h"
#include "math.h"

// What the commands share: the arguments from `batch` on.
typedef struct {
  intptr_t batch, heads, tokens, keys, depth;
  float scale;
  const float *bias;  // [classes, heads, tokens, keys] or 0: added to the scaled scores
  intptr_t down, across;  // samples are windows of a map: those that are last down or across have a class of their own; or 0
  intptr_t ld;
} Attention;

static Attention attention_of(const double *a) {
  Attention s = {INT(0), INT(1), INT(2), INT(3), INT(4), NUMBER(5), FLOATS(6), INT(7), INT(8), INT(1) * INT(4)};
  return s;
}

// Where the rows of a head of a sample start.
INLINE intptr_t corner_of(const Attention *s, intptr_t sample, intptr_t head, intptr_t tokens) {
  return sample * tokens * s->ld + head * s->depth;
}
INLINE intptr_t pairs_of(const Attention *s, intptr_t sample, intptr_t head) {
  return (sample * s->heads + head) * s->tokens * s->keys;
}
INLINE const float *bias_of(const Attention *s, intptr_t sample, intptr_t head) {
  if (!s->bias) return 0;
  intptr_t bottom = s->across && sample / s->across % s->down == s->down - 1, right = s->across && sample % s->across == s->across - 1;
  return s->bias + pairs_of(s, 2 * bottom + right, head);
}

// Queries in a tile: even tiles of at most 96 (48 where the rows are long), a multiple of every TILE_ROWS.
INLINE intptr_t query_rows(intptr_t tokens, intptr_t keys) {
  intptr_t tiles = parts(tokens, keys > 512 ? 48 : 96);
  return round_up(parts(tokens, tiles), 12);
}

// Where queries are many beside the keys, a backward task has a cut of them: whole tiles, at least four times as many as keys, so that
// the sums of a cut are small beside it.
INLINE intptr_t rows_of_cut(intptr_t tokens, intptr_t keys) {
  intptr_t rows = query_rows(tokens, keys);
  return rows * parts(4 * keys, rows);
}

INLINE float *take(float **scratch, intptr_t floats) {
  float *p = *scratch;
  *scratch = p + floats;
  return p;
}

// s = softmax(s * scale (+ bias)), the maximum taken off; a NaN makes its whole row NaN.
static void softmax_row(float *s, const float *bias, intptr_t n, float scale) {
  Vector factor = splat(scale), top = splat(-__builtin_inff()), sum = splat(0);
  for (intptr_t i = 0; i < n; i += LANES) {
    Vector v = load_first(s + i, n - i);
    v = bias ? fused(v, factor, load_first(bias + i, n - i)) : v * factor;
    if (bias) store_first(s + i, v, n - i);
    top = maximum(n - i < LANES ? choose(lane_numbers() < (int32_t)(n - i), v, top) : v, top);
  }
  if (bias) factor = splat(1);
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
static void probabilities(const Attention *s, const float *q, const float *keys, const float *bias, float *p, intptr_t ldp, intptr_t rows) {
  product(q, s->ld, keys, p, ldp, rows, s->keys, s->depth, 0, s->keys, 0, 0);
  for (intptr_t r = 0; r < rows; r++) softmax_row(p + r * ldp, bias ? bias + r * s->keys : 0, s->keys, s->scale);
}

// attention: q, k, v, o or 0, probs or 0, then the shared arguments.
// A task is a head of a sample, or, where there are few heads, a run of its query tiles.
#define ATTENTION_TASKS_A_THREAD 4
INLINE intptr_t cuts_of_head(Attention s, int threads) {
  return least(parts(s.tokens, query_rows(s.tokens, s.keys)), parts(threads * ATTENTION_TASKS_A_THREAD, most(1, s.batch * s.heads)));
}
TASKS(attention, INT(7) * INT(8) * cuts_of_head(attention_of(a + 7), threads))
static void attention_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  Attention s = attention_of(a + 7);
  intptr_t cuts = tasks / (s.batch * s.heads), part = task % cuts, sample = task / cuts / s.heads, head = task / cuts % s.heads;
  intptr_t corner = corner_of(&s, sample, head, s.tokens), keyCorner = corner_of(&s, sample, head, s.keys);
  const float *q = FLOATS(2) + corner, *bias = bias_of(&s, sample, head);
  float *o = FLOATS(5) ? FLOATS(5) + corner : 0, *probs = FLOATS(6) ? FLOATS(6) + pairs_of(&s, sample, head) : 0;
  intptr_t rows = query_rows(s.tokens, s.keys), tiles = parts(s.tokens, rows), wide = round_up(s.keys, PANEL);
  float *scratch = SCRATCH(thread);
  float *scores = take(&scratch, rows * wide);
  float *keys = take(&scratch, wide * s.depth), *values = take(&scratch, s.keys * round_up(s.depth, PANEL));
  pack_panels(FLOATS(3) + keyCorner, s.ld, 1, s.depth, s.keys, 0, s.keys, keys);
  if (o) pack_panels(FLOATS(4) + keyCorner, s.ld, 0, s.keys, s.depth, 0, s.depth, values);
  for (intptr_t r = tiles * part / cuts * rows, end = least(s.tokens, tiles * (part + 1) / cuts * rows); r < end; r += rows) {
    intptr_t height = least(rows, end - r), ldp = probs ? s.keys : wide;
    float *p = probs ? probs + r * s.keys : scores;
    probabilities(&s, q + r * s.ld, keys, bias ? bias + r * s.keys : 0, p, ldp, height);
    if (o) product(p, ldp, values, o + r * s.ld, s.ld, height, s.depth, s.keys, 0, s.depth, 0, 0);
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

static void sum_rows(const float *x, intptr_t ld, float *sum, intptr_t rows, intptr_t n, int add) {
  for (intptr_t r = 0; r < rows; r++, x += ld, sum += n)
    for (intptr_t i = 0; i < n; i += LANES)
      store_first(sum + i, add ? load_first(sum + i, n - i) + load_first(x + i, n - i) : load_first(x + i, n - i), n - i);
}

// A head of a sample: its rows, and what its gradients are made in; queries first .. last - 1.
typedef struct {
  intptr_t first, last;
  const float *q, *k, *v, *probs, *dout, *bias;
  float *dq, *dk, *dv, *dpairs;
} Head;

// dV and dK gather over the query tiles in order. dpairs (+)= dS.
static void head_gradient(const Attention *s, const Head *h, int addPairs, float *scratch) {
  intptr_t ld = s->ld, n = s->keys, depth = s->depth;
  intptr_t rows = query_rows(s->tokens, n), wide = round_up(n, PANEL), deep = round_up(depth, PANEL), ldp = h->probs ? n : wide;
  float *recomputed = take(&scratch, rows * wide), *ds = take(&scratch, rows * wide), *tile = take(&scratch, rows * deep);
  float *keys = take(&scratch, wide * depth), *values = take(&scratch, wide * depth), *keyRows = take(&scratch, n * deep);
  if (!h->probs) pack_panels(h->k, ld, 1, depth, n, 0, n, keys);
  pack_panels(h->v, ld, 1, depth, n, 0, n, values);
  pack_panels(h->k, ld, 0, n, depth, 0, depth, keyRows);
  for (intptr_t r = h->first; r < h->last; r += rows) {
    intptr_t height = least(rows, h->last - r);
    const float *q = h->q + r * ld, *dout = h->dout + r * ld, *p = h->probs ? h->probs + r * n : recomputed;
    if (!h->probs) probabilities(s, q, keys, h->bias ? h->bias + r * n : 0, recomputed, ldp, height);
    product(dout, ld, values, ds, wide, height, n, depth, 0, n, 0, 0);
    for (intptr_t i = 0; i < height; i++) softmax_gradient_row(p + i * ldp, ds + i * wide, n, s->scale);
    if (h->dpairs) sum_rows(ds, wide, h->dpairs + r * n, height, n, addPairs);
    product(ds, wide, keyRows, h->dq + r * ld, ld, height, depth, n, 0, depth, 0, 0);
    pack_block(dout, ld, height, depth, tile);
    product_of_columns(p, ldp, tile, h->dv, ld, n, depth, height, r > h->first);
    pack_block(q, ld, height, depth, tile);
    product_of_columns(ds, wide, tile, h->dk, ld, n, depth, height, r > h->first);
  }
}

// attention_gradient: q, k, v, probs or 0, dout, dq, dk, dv, dpairs or 0, block, then the shared arguments.
// A task is a cut of a head of one sample; with dpairs [ceil(batch / block), heads, tokens, keys] of `block` samples, whose dS it adds up.
// dk, dv [cuts, batch*keys, heads*depth] are sums over the queries of each cut.
static intptr_t samples_of_task(const double *a) { return FLOATS(10) ? INT(11) : 1; }
TASKS(attention_gradient, parts(INT(12), samples_of_task(a)) * INT(13) * parts(INT(14), rows_of_cut(INT(14), INT(15))))
static void attention_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  Attention s = attention_of(a + 12);
  intptr_t rows = rows_of_cut(s.tokens, s.keys), cuts = parts(s.tokens, rows), cut = task % cuts, head = task / cuts % s.heads;
  intptr_t block = samples_of_task(a), first = task / cuts / s.heads * block, end = least(s.batch, first + block);
  for (intptr_t sample = first; sample < end; sample++) {
    intptr_t query = corner_of(&s, sample, head, s.tokens), key = corner_of(&s, sample, head, s.keys);
    intptr_t sum = cut * s.batch * s.keys * s.ld + key;
    Head h = {cut * rows, least(s.tokens, (cut + 1) * rows),
              FLOATS(2) + query, FLOATS(3) + key, FLOATS(4) + key, FLOATS(5) ? FLOATS(5) + pairs_of(&s, sample, head) : 0,
              FLOATS(6) + query, bias_of(&s, sample, head), FLOATS(7) + query, FLOATS(8) + sum, FLOATS(9) + sum,
              FLOATS(10) ? FLOATS(10) + pairs_of(&s, first / block, head) : 0};
    head_gradient(&s, &h, sample > first, SCRATCH(thread));
  }
}

#define ATTENTION_COMMANDS COMMAND(attention), COMMAND(attention_gradient)
