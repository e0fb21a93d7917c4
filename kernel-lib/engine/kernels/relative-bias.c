// What attention within windows adds to its scores: a learned number for each relative position of query and key, and the mask
// between parts of a map that a shift brought into one window.
#include "command.h"
#include "vector.h"

#define MASKED (-100.0f)

// In the last windows, down or across, the part that came round is no neighbour of the rest.
INLINE int came_round(intptr_t last, intptr_t at, intptr_t window, intptr_t shift) { return last && at >= window - shift; }

// relative_bias: table, out, heads, window, shift, classes. Class 2 * bottom + right of the windows that are last down or across.
TASKS(relative_bias, INT(7) * INT(4))
static void relative_bias_run(const double *a, intptr_t task, intptr_t tasks, int thread) {
  intptr_t heads = INT(4), window = INT(5), shift = INT(6), n = window * window, side = 2 * window - 1;
  intptr_t bottom = task / heads / 2, right = task / heads % 2;
  const float *table = FLOATS(2) + task % heads;
  float *out = FLOATS(3) + task * n * n;
  for (intptr_t query = 0; query < n; query++)
    for (intptr_t key = 0; key < n; key++) {
      intptr_t y = query / window, x = query % window, down = key / window, across = key % window;
      int apart = came_round(bottom, y, window, shift) != came_round(bottom, down, window, shift) ||
                  came_round(right, x, window, shift) != came_round(right, across, window, shift);
      *out++ = table[((y - down + window - 1) * side + x - across + window - 1) * heads] + (apart ? MASKED : 0);
    }
}

// relative_bias_gradient: sums [heads, n, n] of the pairs' gradients, dtable, heads, window, factor, add.
// A task owns a column of the table; pairs of a position are added in order.
TASKS(relative_bias_gradient, INT(4))
static void relative_bias_gradient_run(const double *a, intptr_t head, intptr_t tasks, int thread) {
  intptr_t heads = INT(4), window = INT(5), n = window * window, side = 2 * window - 1;
  const float *pairs = FLOATS(2) + head * n * n;
  for (intptr_t row = 0; row < side * side; row++) {
    intptr_t down = row / side - (window - 1), across = row % side - (window - 1);
    float sum = 0, *to = FLOATS(3) + row * heads + head;
    for (intptr_t y = most(0, down); y < least(window, window + down); y++)
      for (intptr_t x = most(0, across); x < least(window, window + across); x++)
        sum += pairs[(y * window + x) * n + (y - down) * window + x - across];
    *to = NUMBER(6) * sum + (INT(7) ? *to : 0);
  }
}

#define RELATIVE_BIAS_COMMANDS COMMAND(relative_bias), COMMAND(relative_bias_gradient)
