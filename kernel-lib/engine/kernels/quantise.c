// Codes of few bits and ranges of groups. kernel-lib/quant/plain.ts defines the same in JavaScript, to the last bit: a range gives a
// grid of levels whose step has 16 significant bits, so that code * step is exact and nothing depends on whether products and sums
// fuse; rounding is done on integers. What a group is comes as (width, classes, rows a class): see `Groups` in quant/groups.ts.

#define RANGE_LIMIT 0x1p126f  // ranges end here, so that a span is finite; what lies beyond is clamped and counted
#define LEAST_STEP 0x1p-100f  // a finer grid counts as no grid: all elements restore to the minimum
#define DRAWS 4096            // random halves made at a time
#define PIECE 2048            // columns coded at a time; a multiple of 8, so that pieces of tight codes start on a byte

typedef uint8_t Narrow __attribute__((vector_size(LANES)));
typedef uint16_t Halves __attribute__((vector_size(2 * LANES)));
typedef struct { float low, span, step; } Grid;
typedef struct { uint32_t key0, key1, sample; intptr_t first, end; uint16_t halves[DRAWS]; } Draws;
typedef struct { float low, high, faults; } Extent;  // faults: 0, or NaN if an element is not finite

INLINE float float_of(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }
INLINE uint32_t bits_of(float f) { uint32_t bits; memcpy(&bits, &f, 4); return bits; }

// ---- the range of a group

INLINE void extend(Extent *e, const float *x, intptr_t n) {
  Vector low = splat(e->low), high = splat(e->high), faults = splat(e->faults), zero = {0};
  intptr_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    Vector v = load(x + i);
    low = minimum(v, low), high = maximum(v, high), faults = fused(v, zero, faults);
  }
  float t[3][LANES];
  store(t[0], low), store(t[1], high), store(t[2], faults);
  Extent r = {t[0][0], t[1][0], t[2][0]};
  for (int k = 1; k < LANES; k++) {
    r.low = t[0][k] < r.low ? t[0][k] : r.low;
    r.high = t[1][k] > r.high ? t[1][k] : r.high;
    r.faults += t[2][k];
  }
  for (; i < n; i++) {
    r.low = x[i] < r.low ? x[i] : r.low;
    r.high = x[i] > r.high ? x[i] : r.high;
    r.faults += x[i] * 0;
  }
  *e = r;
}

INLINE Extent nothing(void) { return (Extent){__builtin_inff(), -__builtin_inff(), 0}; }

// Within the limit, and +0 for -0, whose order a minimum leaves open.
INLINE float limited(float x) { return (x < -RANGE_LIMIT ? -RANGE_LIMIT : x > RANGE_LIMIT ? RANGE_LIMIT : x) + 0.0f; }

// The largest bf16 that is not above x.
INLINE uint32_t bf16_below(float x) {
  uint32_t bits = bits_of(x);
  return (bits >> 31 ? bits + 0xffffu : bits) >> 16;
}

// Two bf16 in a word, rounded outward: the minimum below, the maximum above. NaN twice for a group that is not finite.
INLINE uint32_t range_word(Extent e) {
  if (!(e.faults == 0)) return 0x7fc07fc0u;
  return bf16_below(limited(e.low)) | (bf16_below(-limited(e.high)) ^ 0x8000u) << 16;
}

// ---- the grid of a range

INLINE float grid_step(float span, float levels) {
  float step = span / levels;
  return step < LEAST_STEP ? 0 : float_of((bits_of(step) + 0xffu) & ~0xffu);
}
INLINE Grid grid_of(float low, float span, float levels) { return (Grid){low, span, grid_step(span, levels)}; }
INLINE Grid grid_of_word(uint32_t word, float levels) {
  float low = float_of(word << 16);
  return grid_of(low, float_of(word & 0xffff0000u) - low, levels);
}

// ---- random halves: element e of a sample has half e & 1 of lane (e & 31) >> 1 of word (e >> 5) & 1 of the 16 counters of chunk e >> 6

static void draw(Draws *d, uint32_t sample, intptr_t element, intptr_t limit) {
  d->sample = sample;
  d->first = element & ~(intptr_t)63;
  d->end = least(d->first + DRAWS, round_up(limit, 64));
  for (intptr_t e = d->first; e < d->end; e += 64)
    for (int lane = 0; lane < 16; lane += LANES) {
      Words w0 = (Words){0} + sample, w1 = (Words)lane_numbers() + (uint32_t)(e / 4 + lane);
      threefry2x32_lanes(d->key0, d->key1, &w0, &w1);
      uint16_t *to = d->halves + (e - d->first) + 2 * lane;
      memcpy(to, &w0, sizeof w0), memcpy(to + 32, &w1, sizeof w1);
    }
}

// The halves of n elements, n <= PIECE; those before `limit` may be made at once.
INLINE const uint16_t *draws_for(Draws *d, uint32_t sample, intptr_t element, intptr_t n, intptr_t limit) {
  if (sample != d->sample || element < d->first || element + n > d->end) draw(d, sample, element, limit);
  return d->halves + (element - d->first);
}

// ---- codes: position on the grid in 16.16 fixed point, plus a random half or 1/2, without its fraction

INLINE Narrow codes_of(Vector x, Grid g, float scale, float top, const uint16_t *draws) {
  Vector at = minimum(maximum((x - g.low) * scale, (Vector){0}), splat(top));
  Words fixed = (Words)__builtin_convertvector(at, Integers);
  if (draws) {
    Halves h;
    memcpy(&h, draws, sizeof h);
    fixed += __builtin_convertvector(h, Words);
  } else fixed += 0x8000u;
  return __builtin_convertvector(fixed >> 16, Narrow);
}

INLINE void code_piece(const float *x, intptr_t n, Grid g, float levels, const uint16_t *draws, uint8_t *codes) {
  if (g.low != g.low) { memset(codes, 0, (size_t)n); return; }
  float scale = g.step > 0 ? 65536.0f / g.step : 0, top = levels * 65536.0f;
  if (n < LANES) {
    uint16_t few[LANES] = {0};
    if (draws) for (intptr_t i = 0; i < n; i++) few[i] = draws[i];
    Narrow c = codes_of(load_part(x, n), g, scale, top, draws ? few : 0);
    for (intptr_t i = 0; i < n; i++) codes[i] = c[i];
    return;
  }
  for (intptr_t i = 0; i < n; i += LANES) {
    if (i + LANES > n) i = n - LANES;  // the last vector overlaps the one before
    Narrow c = codes_of(load(x + i), g, scale, top, draws ? draws + i : 0);
    memcpy(codes + i, &c, sizeof c);
  }
}

INLINE int32_t count_outside(const float *x, intptr_t n, Grid g) {
  Integers out = {0};
  intptr_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    Vector d = load(x + i) - g.low;
    out -= (d < 0.0f) | (d > g.span);
  }
  int32_t count = 0;
  for (int k = 0; k < LANES; k++) count += out[k];
  for (; i < n; i++) count += x[i] - g.low < 0 || x[i] - g.low > g.span;
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

// ---- rows

// What all commands know: how the rows divide into groups, and where ranges are.
typedef struct {
  intptr_t columns, width, perRow, classes, rowsPerClass;
  int bits;
  float levels;
  const float *range;     // [2, classes * perRow], or
  const uint32_t *words;  // [rows, perRow]
} Groups;

INLINE Groups groups_of(intptr_t columns, intptr_t width, intptr_t bits, intptr_t classes, intptr_t rowsPerClass, const void *ranges) {
  return (Groups){columns, width, parts(columns, width), classes, rowsPerClass, (int)bits, (float)((1 << bits) - 1),
                  classes ? ranges : 0, classes ? 0 : ranges};
}
INLINE intptr_t class_of(const Groups *s, intptr_t row) { return row / s->rowsPerClass % s->classes; }
INLINE Grid grid_at(const Groups *s, intptr_t row, intptr_t class, intptr_t g) {
  if (s->words) return grid_of_word(s->words[row * s->perRow + g], s->levels);
  const float *range = s->range + class * s->perRow + g;
  return grid_of(range[0], range[s->classes * s->perRow], s->levels);
}

typedef struct { intptr_t rowsPerSample, endRow; uint32_t firstSample; Draws *draws; int running; } Rounding;

// Codes one row; returns how many elements lie outside their range.
static int32_t code_row(const float *x, intptr_t row, const Groups *s, const Rounding *r, uint8_t *codes) {
  uint8_t loose[PIECE];
  intptr_t sample = row / r->rowsPerSample, start = (row - sample * r->rowsPerSample) * s->columns;
  intptr_t limit = (least(r->endRow, (sample + 1) * r->rowsPerSample) - sample * r->rowsPerSample) * s->columns;
  intptr_t class = s->classes ? class_of(s, row) : 0;
  int32_t outside = 0;
  for (intptr_t g = 0; g < s->perRow; g++) {
    Grid grid = grid_at(s, row, class, g);
    int counts = r->running || grid.low <= -RANGE_LIMIT || grid.low + grid.span >= RANGE_LIMIT;
    for (intptr_t c = g * s->width, end = least(c + s->width, s->columns), next; c < end; c = next) {
      next = least(end, (c / PIECE + 1) * PIECE);
      const uint16_t *draws = r->draws ? draws_for(r->draws, r->firstSample + (uint32_t)sample, start + c, next - c, limit) : 0;
      uint8_t *to = s->bits == 8 ? codes + c : loose + c % PIECE;
      code_piece(x + c, next - c, grid, s->levels, draws, to);
      if (counts) outside += count_outside(x + c, next - c, grid);
      if (s->bits < 8 && (next % PIECE == 0 || next == s->columns)) {
        intptr_t from = (next - 1) / PIECE * PIECE;
        squeeze(loose, next - from, s->bits, codes + from * s->bits / 8);
      }
    }
  }
  return outside;
}

INLINE intptr_t task_rows(intptr_t columns) { return most(1, 16384 / most(1, columns)); }
INLINE intptr_t row_bytes(const Groups *s) { return (s->columns * s->bits + 7) / 8; }
INLINE void count(int32_t *counter, int32_t n) {
  if (n) __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);  // integers: any order gives the same sum
}

// x, codes, ranges (words), counters, rows, columns, width, bits, rowsPerSample, stochastic, key0, key1, firstSample
static intptr_t quantise_rows_tasks(const double *a, int threads) { (void)threads; return parts(INT(6), task_rows(INT(7))); }
static void quantise_rows_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  (void)tasks, (void)thread;
  Groups s = groups_of(INT(7), INT(8), INT(9), 0, 1, BYTES(4));
  intptr_t first = task * task_rows(s.columns), end = least(INT(6), first + task_rows(s.columns));
  Draws draws = {.key0 = WORD(12), .key1 = WORD(13)};
  Rounding r = {INT(10), end, WORD(14), INT(11) ? &draws : 0, 0};
  uint32_t *words = (uint32_t *)BYTES(4);
  int32_t faulty = 0, outside = 0;
  for (intptr_t row = first; row < end; row++) {
    const float *x = FLOATS(2) + row * s.columns;
    for (intptr_t g = 0; g < s.perRow; g++) {
      Extent e = nothing();
      extend(&e, x + g * s.width, least(s.width, s.columns - g * s.width));
      words[row * s.perRow + g] = range_word(e);
      faulty += !(e.faults == 0);
    }
    outside += code_row(x, row, &s, &r, BYTES(3) + row * row_bytes(&s));
  }
  count(INTS(5), outside), count(INTS(5) + 1, faulty);
}

// x, partials, rows, columns, width, classes, rowsPerClass, blockRows: partials [blocks, 3, groups] of (low, high, faults)
static intptr_t group_extents_tasks(const double *a, int threads) { (void)threads; return parts(INT(4), INT(9)); }
static void group_extents_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  (void)tasks, (void)thread;
  Groups s = groups_of(INT(5), INT(6), 8, INT(7), INT(8), 0);
  intptr_t first = task * INT(9), end = least(INT(4), first + INT(9)), n = s.classes * s.perRow;
  float *restrict low = FLOATS(3) + task * 3 * n, *restrict high = low + n, *restrict faults = high + n;
  for (intptr_t g = 0; g < n; g++) low[g] = nothing().low, high[g] = nothing().high, faults[g] = 0;
  for (intptr_t row = first; row < end; row++) {
    const float *restrict x = FLOATS(2) + row * s.columns;
    intptr_t at = class_of(&s, row) * s.perRow;
    if (s.width == 1)
      for (intptr_t g = 0; g < s.columns; g++) {
        low[at + g] = x[g] < low[at + g] ? x[g] : low[at + g];
        high[at + g] = x[g] > high[at + g] ? x[g] : high[at + g];
        faults[at + g] += x[g] * 0;
      }
    else
      for (intptr_t g = 0; g < s.perRow; g++) {
        Extent e = {low[at + g], high[at + g], faults[at + g]};
        extend(&e, x + g * s.width, least(s.width, s.columns - g * s.width));
        low[at + g] = e.low, high[at + g] = e.high, faults[at + g] = e.faults;
      }
  }
}

// A running estimate a step further. The product of two floats is exact in a double: the same bits with and without fusing.
INLINE float toward(float old, float now, float weight) { return (float)((double)old - (double)weight * (double)(old - now)); }

// partials, blocks, groups, state|0, nextState|0, weight of the new, range, counters
static intptr_t group_ranges_tasks(const double *a, int threads) { (void)a, (void)threads; return 1; }
static void group_ranges_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  (void)task, (void)tasks, (void)thread;
  intptr_t blocks = INT(3), n = INT(4);
  const float *state = FLOATS(5);
  float *next = FLOATS(6), weight = NUMBER(7), *range = FLOATS(8);
  int32_t faulty = 0;
  for (intptr_t g = 0; g < n; g++) {
    Extent e = nothing();
    for (intptr_t b = 0; b < blocks; b++) {
      const float *p = FLOATS(2) + b * 3 * n + g;
      e.low = p[0] < e.low ? p[0] : e.low, e.high = p[n] > e.high ? p[n] : e.high, e.faults += p[2 * n];
    }
    int fault = !(e.faults == 0), empty = !fault && e.low > e.high, seen = state && state[g] == state[g];
    float nan = float_of(0x7fc00000u), low = limited(e.low), span = limited(e.high) - low;
    float oldLow = seen ? state[g] : nan, oldSpan = seen ? state[n + g] : nan;
    if (seen) low = toward(oldLow, low, weight), span = toward(oldSpan, span, weight);
    if (fault || empty) low = oldLow, span = oldSpan;
    if (next) next[g] = low, next[n + g] = span;
    range[g] = fault ? nan : empty ? 0 : low, range[n + g] = fault ? nan : empty ? 0 : span;
    faulty += fault;
  }
  INTS(9)[0] = 0, INTS(9)[1] = faulty;
}

// x, codes, range, counters, rows, columns, width, bits, rowsPerSample, stochastic, key0, key1, firstSample, classes, rowsPerClass, running
static intptr_t quantise_groups_tasks(const double *a, int threads) { return quantise_rows_tasks(a, threads); }
static void quantise_groups_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  (void)tasks, (void)thread;
  Groups s = groups_of(INT(7), INT(8), INT(9), INT(15), INT(16), FLOATS(4));
  intptr_t first = task * task_rows(s.columns), end = least(INT(6), first + task_rows(s.columns));
  Draws draws = {.key0 = WORD(12), .key1 = WORD(13)};
  Rounding r = {INT(10), end, WORD(14), INT(11) ? &draws : 0, (int)INT(17)};
  int32_t outside = 0;
  for (intptr_t row = first; row < end; row++)
    outside += code_row(FLOATS(2) + row * s.columns, row, &s, &r, BYTES(3) + row * row_bytes(&s));
  count(INTS(5), outside);
}

// codes, ranges, y, firstRow, rows, columns, width, bits, classes (0: ranges are words of rows), rowsPerClass
static intptr_t dequantise_tasks(const double *a, int threads) { (void)threads; return parts(INT(6), task_rows(INT(7))); }
static void dequantise_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  (void)tasks, (void)thread;
  Groups s = groups_of(INT(7), INT(8), INT(9), INT(10), INT(11), BYTES(3));
  uint8_t loose[PIECE];
  for (intptr_t i = task * task_rows(s.columns), end = least(INT(6), i + task_rows(s.columns)); i < end; i++) {
    intptr_t row = INT(5) + i, class = s.classes ? class_of(&s, row) : 0;
    const uint8_t *codes = BYTES(2) + row * row_bytes(&s);
    float *y = FLOATS(4) + i * s.columns;
    for (intptr_t g = 0; g < s.perRow; g++) {
      Grid grid = grid_at(&s, row, class, g);
      for (intptr_t c = g * s.width, to = least(c + s.width, s.columns), next; c < to; c = next) {
        next = least(to, (c / PIECE + 1) * PIECE);
        const uint8_t *from = codes + c;
        if (s.bits < 8) {
          if (c % PIECE == 0) spread(codes + c * s.bits / 8, least(PIECE, s.columns - c), s.bits, loose);
          from = loose + c % PIECE;
        }
        intptr_t n = next - c, k = 0;
        for (; k + LANES <= n; k += LANES) {
          Narrow q;
          memcpy(&q, from + k, sizeof q);
          store(y + c + k, __builtin_convertvector(__builtin_convertvector(q, Integers), Vector) * grid.step + grid.low);
        }
        for (; k < n; k++) y[c + k] = (float)from[k] * grid.step + grid.low;
      }
    }
  }
}

#define QUANTISE_COMMANDS \
  COMMAND(quantise_rows), COMMAND(group_extents), COMMAND(group_ranges), COMMAND(quantise_groups), COMMAND(dequantise)
