// Losses and labels of pixels from logits [samples, h, w, k] at a lower resolution than the labels [samples, tall, wide]: a pixel's
// logits are interpolated where they are needed, [tall * wide, k] is never there.
#include "command.h"
#include "interpolate.h"
#include "math.h"

typedef struct { intptr_t samples, h, w, tall, wide, k; } Sizes;
INLINE Sizes sizes_at(const double *a) { return (Sizes){INT(0), INT(1), INT(2), INT(3), INT(4), INT(5)}; }

// Row `i` of the tall map, [w, k], of one sample.
static void tall_row(float *row, const float *logits, intptr_t i, Sizes s) {
  Between y = between(i, s.h, s.tall, 0);
  blend(row, logits + y.low * s.w * s.k, logits + y.high * s.w * s.k, y.share, s.w * s.k);
}
INLINE void wide_pixel(float *pixel, const float *row, Between x, intptr_t k) {
  blend(pixel, row + x.low * k, row + x.high * k, x.share, k);
}

INLINE int is_class(int32_t label, intptr_t k) { return label >= 0 && label < k; }

// A task is a row of pixels; its part of the mean goes to rows [tall, samples].
TASKS(pixel_cross_entropy, INT(5) * INT(8))
static void pixel_cross_entropy_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  Sizes s = sizes_at(a + 5);
  intptr_t sample = task / s.tall, y = task % s.tall;
  const int32_t *labels = INTS(3) + task * s.wide;
  float *row = SCRATCH(thread), *pixel = row + s.w * s.k;
  double sum = 0;
  tall_row(row, FLOATS(2) + sample * s.h * s.w * s.k, y, s);
  for (intptr_t x = 0; x < s.wide; x++) {
    if (!is_class(labels[x], s.k)) continue;
    wide_pixel(pixel, row, between(x, s.w, s.wide, 0), s.k);
    Softmax p = softmax_of(pixel, s.k);
    sum += p.top + logarithm(p.sum) - pixel[labels[x]];
  }
  FLOATS(4)[y * s.samples + sample] = (float)(sum / (double)(s.tall * s.wide));
}

// A task owns some rows of the map of logits. It makes the gradient of every row of pixels that lies between these, and adds it to
// them in order; rows at the border are made by two tasks.
#define BAND 8
TASKS(pixel_cross_entropy_gradient, INT(6) * parts(INT(7), BAND))
static void pixel_cross_entropy_gradient_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  Sizes s = sizes_at(a + 6);
  intptr_t bands = parts(s.h, BAND), sample = task / bands, top = task % bands * BAND, bottom = least(s.h, top + BAND), n = s.w * s.k;
  const float *logits = FLOATS(2) + sample * s.h * n;
  float *dx = FLOATS(5) + sample * s.h * n, *row = SCRATCH(thread), *drow = row + n, *pixel = drow + n;
  float weight = FLOATS(4)[sample] / (float)(s.tall * s.wide);
  if (!INT(12)) memset(dx + top * n, 0, (size_t)((bottom - top) * n) * sizeof(float));
  for (intptr_t y = first_reader(top, s.h, s.tall), last = last_reader(bottom - 1, s.h, s.tall); y <= last; y++) {
    Between b = between(y, s.h, s.tall, 0);
    if (b.high < top || b.low >= bottom) continue;
    const int32_t *labels = INTS(3) + (sample * s.tall + y) * s.wide;
    tall_row(row, logits, y, s);
    memset(drow, 0, (size_t)n * sizeof(float));
    for (intptr_t x = 0; x < s.wide; x++) {
      if (!is_class(labels[x], s.k)) continue;
      Between across = between(x, s.w, s.wide, 0);
      wide_pixel(pixel, row, across, s.k);
      Softmax p = softmax_of(pixel, s.k);
      Vector largest = splat(p.top), inverse = splat(1 / p.sum);
      for (intptr_t i = 0; i < s.k; i += LANES)
        store_first(pixel + i, exponential(load_first(pixel + i, s.k - i) - largest) * inverse, s.k - i);
      pixel[labels[x]] -= 1;
      pass_back(drow, pixel, across, weight, s.k);
    }
    if (b.low >= top) add_weighted(dx + b.low * n, drow, 1 - b.share, n);
    if (b.high < bottom && b.share != 0) add_weighted(dx + b.high * n, drow, b.share, n);
  }
}

// The class with the largest logit, the first of equal ones. A task is a row of pixels.
TASKS(pixel_argmax, INT(4) * INT(7))
static void pixel_argmax_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  Sizes s = sizes_at(a + 4);
  int32_t *out = INTS(3) + task * s.wide;
  float *row = SCRATCH(thread), *pixel = row + s.w * s.k;
  tall_row(row, FLOATS(2) + task / s.tall * s.h * s.w * s.k, task % s.tall, s);
  for (intptr_t x = 0; x < s.wide; x++) {
    wide_pixel(pixel, row, between(x, s.w, s.wide, 0), s.k);
    float top = largest_of(pixel, s.k);
    intptr_t best = 0;
    while (best < s.k - 1 && pixel[best] != top) best++;
    out[x] = (int32_t)best;
  }
}

#define SEGMENTATION_COMMANDS COMMAND(pixel_cross_entropy), COMMAND(pixel_cross_entropy_gradient), COMMAND(pixel_argmax)
