// Walks an array of any rank by rows of its last dimension, keeping the offsets of up to two operands with strides of their own.
#ifndef MESA_WALK_H
#define MESA_WALK_H
#include "vector.h"

#define MAX_RANK 8

typedef struct {
  int rank; // of the dimensions that are walked: without the last ones
  const double *dims, *left, *right; // strides in elements
  intptr_t index[MAX_RANK], a, b;
} Walk;

INLINE Walk walk_from(int rank, const double *dims, const double *left, const double *right, intptr_t row) {
  Walk w = {rank, dims, left, right, {0}, 0, 0};
  for (int i = rank - 1; i >= 0; i--) {
    intptr_t d = (intptr_t)dims[i];
    w.index[i] = row % d;
    row /= d;
    w.a += w.index[i] * (intptr_t)left[i];
    w.b += w.index[i] * (intptr_t)right[i];
  }
  return w;
}

INLINE void walk_on(Walk *w) {
  for (int i = w->rank - 1; i >= 0; i--) {
    w->a += (intptr_t)w->left[i];
    w->b += (intptr_t)w->right[i];
    if (++w->index[i] < (intptr_t)w->dims[i]) return;
    w->a -= w->index[i] * (intptr_t)w->left[i];
    w->b -= w->index[i] * (intptr_t)w->right[i];
    w->index[i] = 0;
  }
}

INLINE intptr_t product_of(const double *dims, int rank) {
  intptr_t n = 1;
  for (int i = 0; i < rank; i++) n *= (intptr_t)dims[i];
  return n;
}
#endif
