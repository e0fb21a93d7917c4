// Codes of few bits and ranges of groups. kernel-lib/quant/plain.ts defines the same in JavaScript, to the last bit: a range gives a
// grid of levels whose step has 16 significant bits, so that code * step is exact and nothing depends on whether products and sums
// fuse; rounding is done on integers. What a group is comes as (width, classes, rows a class): see `Groups` in quant/groups.ts.

#define RANGE_LIMIT 0x1p126f  // ranges end here, so that a span is finite; what lies beyond is clamped and counted
#define LEAST_STEP 0x1p-100f  // a finer grid counts as no grid: all elements restore to the minimum
#define DRAWS 4096            // random halves made at a time

typedef uint8_t Narrow __attribute__((vector_size(LANES)));
typedef uint16_t Halves __attribute__((vector_size(2 * LANES)));

INLINE float float_of(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }

// ---- the extent of a group

typedef struct { Vector low, high, faults; } Extent;  // over the lanes; faults: 0, or NaN if an element is not finite

INLINE Extent nothing(void) { return (Extent){splat(__builtin_inff()), splat(-__builtin_inff()), (Vector){0}}; }

INLINE void see(Extent *e, const float *x, intptr_t n) {
  Vector low = e->low, high = e->high, faults = e->faults, zero = {0};
  for (intptr_t i = 0; i < n; i += LANES) {
    if (n >= LANES && i + LANES > n) i = n - LANES;  // the last vector overlaps the one before
    Vector v = n >= LANES ? load(x + i) : choose(lane_numbers() < (int32_t)n, load_part(x, n), splat(x[0]));
    low = minimum(v, low), high = maximum(v, high), faults = fused(v, zero, faults);
  }
  *e = (Extent){low, high, faults};
}

// Lane k: the smallest lane of row[k]; overwrites row. Each pass folds the halves of two rows into one.
INLINE Vector smallest_of_each(Vector row[LANES]) {
  UNROLL for (int half = LANES / 2; half; half /= 2)
    UNROLL for (int i = 0; i < half; i++)
      row[i] = minimum(__builtin_shufflevector(row[i], row[i + half], LOW_TURNS), __builtin_shufflevector(row[i], row[i + half], HIGH_TURNS));
  return row[0];
}
INLINE Vector largest_of_each(Vector row[LANES]) {
  UNROLL for (int half = LANES / 2; half; half /= 2)
    UNROLL for (int i = 0; i < half; i++)
      row[i] = maximum(__builtin_shufflevector(row[i], row[i + half], LOW_TURNS), __builtin_shufflevector(row[i], row[i + half], HIGH_TURNS));
  return row[0];
}

// Within the limit, and +0 for -0, whose order a minimum leaves open.
INLINE Vector limited(Vector x) { return minimum(maximum(x, splat(-RANGE_LIMIT)), splat(RANGE_LIMIT)) + 0.0f; }

// ---- ranges and grids, LANES groups at a time

typedef struct { Vector low, span, step, scale; } Grids;  // scale: 16.16 fixed point positions on the grid

INLINE Grids grids_of(Vector low, Vector span, float levels) {
  Vector step = span / levels;
  step = choose(step < LEAST_STEP, (Vector){0}, (Vector)(((Words)step + 0xffu) & ~0xffu));
  return (Grids){low, span, step, choose(step > 0.0f, 65536.0f / step, (Vector){0})};
}

// A range in a word: two bf16 rounded outward, the minimum below, the maximum above.
INLINE Words bf16_below(Vector x) {
  Words bits = (Words)x, negative = (Words)((Integers)x >> 31);
  return (bits + (negative & 0xffffu)) >> 16;
}
INLINE Words words_of(Vector low, Vector high) { return bf16_below(low) | (bf16_below(-high) ^ 0x8000u) << 16; }
INLINE Grids grids_of_words(Words words, float levels) {
  Vector low = (Vector)(words << 16);
  return grids_of(low, (Vector)(words & 0xffff0000u) - low, levels);
}

// ---- random halves: element e of a sample has half e & 1 of lane (e & 31) >> 1 of word (e >> 5) & 1 of the 16 counters of chunk e >> 6

typedef struct {
  uint32_t key0, key1, firstSample;
  intptr_t rowsPerSample, columns, endRow;  // nothing is drawn past the rows of a task
  intptr_t sample, first, end;              // what `halves` holds
  uint16_t halves[DRAWS];
} Draws;

// The halves of n elements from a row and column on; n is at most DRAWS - 64, and they are in one row.
INLINE const uint16_t *draws_for(Draws *d, intptr_t row, intptr_t column, intptr_t n) {
  intptr_t sample = row / d->rowsPerSample, firstRow = sample * d->rowsPerSample, element = (row - firstRow) * d->columns + column;
  if (sample != d->sample || element < d->first || element + n > d->end) {
    intptr_t limit = (least(d->endRow, firstRow + d->rowsPerSample) - firstRow) * d->columns;
    d->sample = sample, d->first = element & ~(intptr_t)63, d->end = least(d->first + DRAWS, round_up(limit, 64));
    for (intptr_t e = d->first; e < d->end; e += 64)
      for (int lane = 0; lane < 16; lane += LANES) {
        Words w0 = (Words){0} + (d->firstSample + (uint32_t)sample), w1 = (Words)lane_numbers() + (uint32_t)(e / 4 + lane);
        threefry2x32_lanes(d->key0, d->key1, &w0, &w1);
        uint16_t *to = d->halves + (e - d->first) + 2 * lane;
        memcpy(to, &w0, sizeof w0), memcpy(to + 32, &w1, sizeof w1);
      }
  }
  return d->halves + (element - d->first);
}

// ---- codes: position on the grid in fixed point, plus a random half or 1/2, without its fraction

typedef struct { Vector low, span, scale; float top; } Coder;

INLINE Narrow codes_of(Vector x, const Coder *c, const uint16_t *draws, Integers *outside) {
  Vector d = x - c->low, at = minimum(maximum(d * c->scale, (Vector){0}), splat(c->top));
  if (outside) *outside = (d < 0.0f) | (d > c->span);
  Words fixed = (Words)__builtin_convertvector(at, Integers);
  if (draws) {
    Halves h;
    memcpy(&h, draws, sizeof h);
    fixed += __builtin_convertvector(h, Words);
  } else fixed += 0x8000u;
  return __builtin_convertvector(fixed >> 16, Narrow);
}

// Codes n elements of a group; returns how many lie outside its range, if `counts`.
INLINE int32_t code_some(const float *x, intptr_t n, const Coder *c, const uint16_t *draws, int counts, uint8_t *codes) {
  Integers out = {0}, mask;
  if (n < LANES) {
    uint16_t few[LANES] = {0};
    if (draws) for (intptr_t i = 0; i < n; i++) few[i] = draws[i];
    Narrow q = codes_of(load_part(x, n), c, draws ? few : 0, &mask);
    for (intptr_t i = 0; i < n; i++) codes[i] = q[i];
    out = mask & (lane_numbers() < (int32_t)n);
  } else
    for (intptr_t i = 0; i < n; i += LANES) {
      int32_t again = (int32_t)most(0, i + LANES - n);
      i -= again;  // the last vector overlaps the one before
      Narrow q = codes_of(load(x + i), c, draws ? draws + i : 0, counts ? &mask : 0);
      memcpy(codes + i, &q, sizeof q);
      if (counts) out += again ? mask & (lane_numbers() >= again) : mask;
    }
  int32_t count = 0;
  if (counts) for (int k = 0; k < LANES; k++) count -= out[k];
  return count;
}

INLINE int32_t code(const float *x, intptr_t n, const Coder *c, Draws *d, intptr_t row, intptr_t column, int counts, uint8_t *codes) {
  if (!d) return counts ? code_some(x, n, c, 0, 1, codes) : code_some(x, n, c, 0, 0, codes);
  int32_t count = 0;
  for (intptr_t i = 0, m; i < n; i += m) {
    m = least(n - i, DRAWS / 2);
    const uint16_t *draws = draws_for(d, row, column + i, m);
    count += counts ? code_some(x + i, m, c, draws, 1, codes + i) : code_some(x + i, m, c, draws, 0, codes + i);
  }
  return count;
}

// Codes tight, the first in the lowest bits; n is a multiple of 8 but at the end of a row.
static void squeeze(const uint8_t *from, intptr_t n, int bits, uint8_t *to) {
  uint32_t word = 0;
  int held = 0;
  for (intptr_t i = 0; i < n; i++) {
    word |= (uint32_t)from[i] << held;
    for (held += bits; held >= 8; held -= 8, word >>= 8) *to++ = (uint8_t)word;
  }
  if (held) *to = (uint8_t)word;
}
static void spread(const uint8_t *from, intptr_t n, int bits, uint8_t *to) {
  uint32_t word = 0;
  int held = 0;
  for (intptr_t i = 0; i < n; i++, word >>= bits, held -= bits) {
    if (held < bits) word |= (uint32_t)*from++ << held, held += 8;
    to[i] = (uint8_t)(word & ((1u << bits) - 1));
  }
}

// ---- commands

// How rows divide into groups, and where ranges are.
typedef struct {
  intptr_t rows, columns, width, perRow, classes, rowsPerClass;
  int bits;
  float levels;
} Shape;

INLINE Shape shape_of(intptr_t rows, intptr_t columns, intptr_t width, intptr_t bits, intptr_t classes, intptr_t rowsPerClass) {
  return (Shape){rows, columns, width, parts(columns, width), classes, rowsPerClass, (int)bits, (float)((1 << bits) - 1)};
}
INLINE intptr_t width_of(const Shape *s, intptr_t g) { return least(s->width, s->columns - g * s->width); }
INLINE intptr_t class_of(const Shape *s, intptr_t row) { return row / s->rowsPerClass % s->classes; }
INLINE intptr_t row_bytes(const Shape *s) { return (s->columns * s->bits + 7) / 8; }

// The grids of n groups of a class from group g on: ranges are [2, classes * perRow].
INLINE Grids grids_of_class(const Shape *s, const float *ranges, intptr_t class, intptr_t g, intptr_t n) {
  const float *low = ranges + class * s->perRow + g;
  return grids_of(load_first(low, n), load_first(low + s->classes * s->perRow, n), s->levels);
}

// The rows of a task, and where their codes go: 8 bits at once; fewer a byte each to scratch, to be squeezed when all are there.
typedef struct { intptr_t first, end; uint8_t *loose; } Rows;

INLINE intptr_t task_rows(intptr_t columns) { return most(1, 16384 / most(1, columns)); }
INLINE Rows rows_of(const Shape *s, intptr_t task, uint8_t *codes, void *scratch) {
  intptr_t first = task * task_rows(s->columns);
  return (Rows){first, least(s->rows, first + task_rows(s->columns)), s->bits == 8 ? codes + first * s->columns : scratch};
}
INLINE uint8_t *loose_at(const Shape *s, const Rows *r, intptr_t row) { return r->loose + (row - r->first) * s->columns; }
INLINE void finish(const Shape *s, const Rows *r, uint8_t *codes) {
  if (s->bits < 8)
    for (intptr_t row = r->first; row < r->end; row++) squeeze(loose_at(s, r, row), s->columns, s->bits, codes + row * row_bytes(s));
}

INLINE void count(int32_t *counter, int32_t n) {
  if (n) __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);  // integers: any order gives the same sum
}

// Coders of some groups as numbers, to be spread over the lanes one by one.
typedef struct { float low[LANES], span[LANES], scale[LANES]; int32_t counts[LANES]; } Coders;

INLINE Coders coders_of(Grids g, int running) {
  Coders c;
  Integers counts = (g.low <= -RANGE_LIMIT / 2) | (g.low + g.span >= RANGE_LIMIT / 2) | -running;  // only there can an element be outside
  store(c.low, g.low), store(c.span, g.span), store(c.scale, g.scale), memcpy(c.counts, &counts, sizeof counts);
  return c;
}
INLINE Coder coder_at(const Coders *c, intptr_t k, float levels) {
  return (Coder){splat(c->low[k]), splat(c->span[k]), splat(c->scale[k]), levels * 65536.0f};
}

INLINE Draws *draws_of(Draws *d, const double *a, const Shape *s, const Rows *r) {
  if (!INT(11)) return 0;
  d->key0 = WORD(12), d->key1 = WORD(13), d->firstSample = WORD(14);
  d->rowsPerSample = INT(10), d->columns = s->columns, d->endRow = r->end, d->sample = -1;
  return d;
}

// x, codes, words, counters, rows, columns, width, bits, rowsPerSample, stochastic, key0, key1, firstSample. Ranges of LANES groups are
// made at a time, then their codes, while the elements are near.
static intptr_t quantise_rows_tasks(const double *a, int threads) { (void)threads; return parts(INT(6), task_rows(INT(7))); }
static void quantise_rows_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  (void)tasks;
  Shape s = shape_of(INT(6), INT(7), INT(8), INT(9), 0, 1);
  Rows r = rows_of(&s, task, BYTES(3), SCRATCH(thread));
  Draws space, *draws = draws_of(&space, a, &s, &r);
  int32_t outside = 0, faulty = 0;
  for (intptr_t q = r.first * s.perRow, end = r.end * s.perRow, row = r.first, g = 0; q < end; q += LANES) {
    intptr_t n = least(LANES, end - q), rows[LANES], gs[LANES];
    Vector low[LANES], high[LANES], faults[LANES], fault = {0};
    for (intptr_t k = 0; k < LANES; k++) {
      Extent e = nothing();
      if (k < n) {
        see(&e, FLOATS(2) + row * s.columns + g * s.width, width_of(&s, g));
        rows[k] = row, gs[k] = g;
        if (++g == s.perRow) g = 0, row++;
      }
      low[k] = e.low, high[k] = e.high, faults[k] = e.faults, fault += e.faults;
    }
    Words words = words_of(limited(smallest_of_each(low)), limited(largest_of_each(high)));
    if (sum_of(fault) != 0)
      for (intptr_t k = 0; k < n; k++)
        if (sum_of(faults[k]) != 0) words[k] = 0x7fc07fc0u, faulty++;
    store_first(FLOATS(4) + q, (Vector)words, n);
    Coders coders = coders_of(grids_of_words(words, s.levels), 0);
    for (intptr_t k = 0; k < n; k++) {
      Coder c = coder_at(&coders, k, s.levels);
      intptr_t column = gs[k] * s.width;
      outside += code(FLOATS(2) + rows[k] * s.columns + column, width_of(&s, gs[k]), &c, draws, rows[k], column, coders.counts[k],
                      loose_at(&s, &r, rows[k]) + column);
    }
  }
  finish(&s, &r, BYTES(3));
  count(INTS(5), outside), count(INTS(5) + 1, faulty);
}

// x, extents, rows, columns, width, classes, rowsPerClass, blockRows: extents [blocks, 3, groups] of (low, high, faults)
static intptr_t group_extents_tasks(const double *a, int threads) { (void)threads; return parts(INT(4), INT(9)); }
static void group_extents_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  (void)tasks, (void)thread;
  Shape s = shape_of(INT(4), INT(5), INT(6), 8, INT(7), INT(8));
  intptr_t n = s.classes * s.perRow, end = least(s.rows, (task + 1) * INT(9)), next;
  float *low = FLOATS(3) + task * 3 * n, *high = low + n, *faults = high + n;
  for (intptr_t g = 0; g < n; g++) low[g] = __builtin_inff(), high[g] = -__builtin_inff(), faults[g] = 0;
  for (intptr_t row = task * INT(9); row < end; row = next) {
    next = least(end, (row / s.rowsPerClass + 1) * s.rowsPerClass);
    const float *x = FLOATS(2) + row * s.columns;
    intptr_t at = class_of(&s, row) * s.perRow;
    if (s.width == 1)  // a lane a group
      for (intptr_t c = 0; c < s.columns; c += LANES) {
        Extent e = {load_first(low + at + c, s.columns - c), load_first(high + at + c, s.columns - c), load_first(faults + at + c, s.columns - c)};
        for (intptr_t i = 0; i < next - row; i++) {
          Vector v = load_first(x + i * s.columns + c, s.columns - c);
          e = (Extent){minimum(v, e.low), maximum(v, e.high), fused(v, (Vector){0}, e.faults)};
        }
        store_first(low + at + c, e.low, s.columns - c), store_first(high + at + c, e.high, s.columns - c);
        store_first(faults + at + c, e.faults, s.columns - c);
      }
    else
      for (intptr_t g = 0; g < s.perRow; g += LANES) {
        intptr_t n = least(LANES, s.perRow - g);
        Extent e[LANES];
        Vector lows[LANES], highs[LANES];
        for (intptr_t k = 0; k < LANES; k++) e[k] = nothing();
        for (intptr_t i = 0; i < next - row; i++)
          for (intptr_t k = 0; k < n; k++) see(&e[k], x + i * s.columns + (g + k) * s.width, width_of(&s, g + k));
        for (intptr_t k = 0; k < LANES; k++) lows[k] = e[k].low, highs[k] = e[k].high;
        for (intptr_t k = 0; k < n; k++) faults[at + g + k] += sum_of(e[k].faults);
        store_first(low + at + g, minimum(smallest_of_each(lows), load_first(low + at + g, n)), n);
        store_first(high + at + g, maximum(largest_of_each(highs), load_first(high + at + g, n)), n);
      }
  }
}

// A running estimate a step further. The product of two floats is exact in a double: the same bits with and without fusing.
INLINE float toward(float old, float now, float weight) { return (float)((double)old - (double)weight * (double)(old - now)); }
INLINE float within_limit(float x) { return limited(splat(x))[0]; }

// extents, blocks, groups, state|0, nextState|0, weight of the new, range, counters: NaN in a state is a group not seen yet
static intptr_t group_ranges_tasks(const double *a, int threads) { (void)a, (void)threads; return 1; }
static void group_ranges_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  (void)task, (void)tasks, (void)thread;
  intptr_t blocks = INT(3), n = INT(4);
  const float *state = FLOATS(5), nan = float_of(0x7fc00000u);
  float *next = FLOATS(6), weight = NUMBER(7), *range = FLOATS(8);
  int32_t faulty = 0;
  for (intptr_t g = 0; g < n; g++) {
    float low = __builtin_inff(), high = -low, faults = 0;
    for (const float *p = FLOATS(2) + g, *end = p + blocks * 3 * n; p < end; p += 3 * n)
      low = p[0] < low ? p[0] : low, high = p[n] > high ? p[n] : high, faults += p[2 * n];
    int fault = faults != 0, empty = !fault && low > high, seen = state && state[g] == state[g];
    float oldLow = seen ? state[g] : nan, oldSpan = seen ? state[n + g] : nan;
    float nowLow = within_limit(low), nowSpan = within_limit(high) - nowLow;
    if (seen) nowLow = toward(oldLow, nowLow, weight), nowSpan = toward(oldSpan, nowSpan, weight);
    if (fault || empty) nowLow = oldLow, nowSpan = oldSpan;
    if (next) next[g] = nowLow, next[n + g] = nowSpan;
    range[g] = fault ? nan : empty ? 0 : nowLow, range[n + g] = fault ? nan : empty ? 0 : nowSpan;
    faulty += fault;
  }
  INTS(9)[0] = 0, INTS(9)[1] = faulty;
}

// x, codes, range, counters, rows, columns, width, bits, rowsPerSample, stochastic, key0, key1, firstSample, classes, rowsPerClass, running
static intptr_t quantise_groups_tasks(const double *a, int threads) { return quantise_rows_tasks(a, threads); }
static void quantise_groups_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  (void)tasks;
  Shape s = shape_of(INT(6), INT(7), INT(8), INT(9), INT(15), INT(16));
  Rows r = rows_of(&s, task, BYTES(3), SCRATCH(thread));
  Draws space, *draws = draws_of(&space, a, &s, &r);
  Coders coders;
  int32_t outside = 0;
  for (intptr_t row = r.first, at = -1; row < r.end; row++)
    for (intptr_t class = class_of(&s, row), g = 0; g < s.perRow; g += LANES) {
      intptr_t n = least(LANES, s.perRow - g), column = g * s.width;
      const float *x = FLOATS(2) + row * s.columns + column;
      uint8_t *codes = loose_at(&s, &r, row) + column;
      if (at != class * s.perRow + g) coders = coders_of(grids_of_class(&s, FLOATS(4), class, g, n), (int)INT(17)), at = class * s.perRow + g;
      if (s.width == 1) {  // a lane a group
        Coder c = {load(coders.low), load(coders.span), load(coders.scale), s.levels * 65536.0f};
        outside += code(x, n, &c, draws, row, column, 1, codes);
      } else
        for (intptr_t k = 0; k < n; k++) {
          Coder c = coder_at(&coders, k, s.levels);
          outside += code(x + k * s.width, width_of(&s, g + k), &c, draws, row, column + k * s.width, coders.counts[k], codes + k * s.width);
        }
    }
  finish(&s, &r, BYTES(3));
  count(INTS(5), outside);
}

INLINE void restore(const uint8_t *codes, intptr_t n, float low, float step, float *y) {
  intptr_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    Narrow q;
    memcpy(&q, codes + i, sizeof q);
    store(y + i, __builtin_convertvector(__builtin_convertvector(q, Integers), Vector) * step + low);
  }
  for (; i < n; i++) y[i] = (float)codes[i] * step + low;
}

// codes, ranges, y, firstRow, rows, columns, width, bits, classes (0: ranges are words of rows), rowsPerClass
static intptr_t dequantise_tasks(const double *a, int threads) { (void)threads; return parts(INT(6), task_rows(INT(7))); }
static void dequantise_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  (void)tasks;
  Shape s = shape_of(INT(6), INT(7), INT(8), INT(9), INT(10), INT(11));
  for (intptr_t i = task * task_rows(s.columns), end = least(s.rows, i + task_rows(s.columns)); i < end; i++) {
    intptr_t row = INT(5) + i;
    const uint8_t *codes = BYTES(2) + row * row_bytes(&s);
    if (s.bits < 8) {
      spread(codes, s.columns, s.bits, (uint8_t *)SCRATCH(thread));
      codes = (uint8_t *)SCRATCH(thread);
    }
    for (intptr_t g = 0; g < s.perRow; g += LANES) {
      intptr_t n = least(LANES, s.perRow - g);
      Grids grids = s.classes ? grids_of_class(&s, FLOATS(3), class_of(&s, row), g, n)
                              : grids_of_words((Words)load_first(FLOATS(3) + row * s.perRow + g, n), s.levels);
      float low[LANES], step[LANES];
      store(low, grids.low), store(step, grids.step);
      for (intptr_t k = 0, c = g * s.width; k < n; k++, c += s.width)
        restore(codes + c, width_of(&s, g + k), low[k], step[k], FLOATS(4) + i * s.columns + c);
    }
  }
}

#define QUANTISE_COMMANDS \
  COMMAND(quantise_rows), COMMAND(group_extents), COMMAND(group_ranges), COMMAND(quantise_groups), COMMAND(dequantise)
