// Packing to codes of few bits and a range per group, and restoring. kernel-lib/quant/plain.ts is the definition, to the last bit.
// What a group is comes as (width, classes, rows a class): see `Groups` in quant/groups.ts.
#include "codes.h"
#include "ranges.h"

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
INLINE intptr_t class_of(const Shape *s, intptr_t row) { return s->classes > 1 ? row / s->rowsPerClass % s->classes : 0; }
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
INLINE void squeeze_rows(const Shape *s, const Rows *r, uint8_t *codes) {
  if (s->bits < 8)
    for (intptr_t row = r->first; row < r->end; row++) squeeze(loose_at(s, r, row), s->columns, s->bits, codes + row * row_bytes(s));
}

INLINE void add_count(int32_t *counter, int32_t n) {
  if (n) __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);  // integers: any order gives the same sum
}
INLINE int32_t sum_of_masks(Integers masks) {  // a lane that is set counts -1
  int32_t sum = 0;
  for (int k = 0; k < LANES; k++) sum -= masks[k];
  return sum;
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
  Integers outside = {0};
  int32_t faulty = 0;
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
      code_group(FLOATS(2) + rows[k] * s.columns + column, width_of(&s, gs[k]), &c, draws, rows[k], column,
                 coders.counts[k] ? &outside : 0, loose_at(&s, &r, rows[k]) + column);
    }
  }
  squeeze_rows(&s, &r, BYTES(3));
  add_count(INTS(5), sum_of_masks(outside)), add_count(INTS(5) + 1, faulty);
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
        intptr_t n = s.columns - c, g = at + c;
        Extent e = {load_first(low + g, n), load_first(high + g, n), load_first(faults + g, n)};
        for (intptr_t i = 0; i < next - row; i++) {
          Vector v = load_first(x + i * s.columns + c, n);
          e = (Extent){minimum(v, e.low), maximum(v, e.high), fused(v, (Vector){0}, e.faults)};
        }
        store_first(low + g, e.low, n), store_first(high + g, e.high, n), store_first(faults + g, e.faults, n);
      }
    else
      for (intptr_t g = 0; g < s.perRow; g += LANES) {
        intptr_t n = least(LANES, s.perRow - g);
        Vector lows[LANES], highs[LANES];
        for (intptr_t k = 0; k < LANES; k++) {
          Extent e = nothing();
          if (k < n) {
            for (intptr_t i = 0; i < next - row; i++) see(&e, x + i * s.columns + (g + k) * s.width, width_of(&s, g + k));
            faults[at + g + k] += sum_of(e.faults);
          }
          lows[k] = e.low, highs[k] = e.high;
        }
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
  Integers outside = {0};
  for (intptr_t row = r.first, at = -1; row < r.end; row++)
    for (intptr_t class = class_of(&s, row), g = 0; g < s.perRow; g += LANES) {
      intptr_t n = least(LANES, s.perRow - g), column = g * s.width;
      const float *x = FLOATS(2) + row * s.columns + column;
      uint8_t *codes = loose_at(&s, &r, row) + column;
      if (at != class * s.perRow + g) {  // mostly those of the row before
        at = class * s.perRow + g;
        coders = coders_of(grids_of_class(&s, FLOATS(4), class, g, n), (int)INT(17));
      }
      if (s.width == 1) {  // a lane a group
        Coder c = {load(coders.low), load(coders.span), load(coders.scale), s.levels * 65536.0f};
        code_group(x, n, &c, draws, row, column, &outside, codes);
        continue;
      }
      intptr_t span = least(n * s.width, s.columns - column);
      const uint16_t *near = draws && span <= DRAWS / 2 ? draws_for(draws, row, column, span) : 0;  // for narrow groups it takes a while
      for (intptr_t k = 0; k < n; k++) {
        Coder c = coder_at(&coders, k, s.levels);
        intptr_t i = k * s.width, width = width_of(&s, g + k);
        Integers *count = coders.counts[k] ? &outside : 0;
        if (near) code_run(x + i, width, &c, near + i, count, codes + i);
        else code_group(x + i, width, &c, draws, row, column + i, count, codes + i);
      }
    }
  squeeze_rows(&s, &r, BYTES(3));
  add_count(INTS(5), sum_of_masks(outside));
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
  float low[LANES], step[LANES];
  for (intptr_t i = task * task_rows(s.columns), end = least(s.rows, i + task_rows(s.columns)), at = -1; i < end; i++) {
    intptr_t row = INT(5) + i, class = class_of(&s, row);
    const uint8_t *codes = BYTES(2) + row * row_bytes(&s);
    if (s.bits < 8) {
      spread(codes, s.columns, s.bits, (uint8_t *)SCRATCH(thread));
      codes = (uint8_t *)SCRATCH(thread);
    }
    for (intptr_t g = 0; g < s.perRow; g += LANES) {
      intptr_t n = least(LANES, s.perRow - g);
      if (!s.classes || at != class * s.perRow + g) {  // groups over rows: mostly those of the row before
        at = class * s.perRow + g;
        Grids grids = s.classes ? grids_of_class(&s, FLOATS(3), class, g, n)
                                : grids_of_words((Words)load_first(FLOATS(3) + row * s.perRow + g, n), s.levels);
        store(low, grids.low), store(step, grids.step);
      }
      for (intptr_t k = 0, c = g * s.width; k < n; k++, c += s.width)
        restore(codes + c, width_of(&s, g + k), low[k], step[k], FLOATS(4) + i * s.columns + c);
    }
  }
}

#define QUANTISE_COMMANDS \
  COMMAND(quantise_rows), COMMAND(group_extents), COMMAND(group_ranges), COMMAND(quantise_groups), COMMAND(dequantise)
