// What a command is. The engine sends a list of commands; every thread walks the list, takes tasks of the current command from
// a shared counter, and waits for the others before the next command.
#ifndef MESA_COMMAND_H
#define MESA_COMMAND_H
#include <stdint.h>

typedef struct {
  const char *name;
  // Number of independent tasks. It may depend on `threads` only where a task's bits do not depend on how work is cut.
  intptr_t (*tasks)(const double *a, int threads);
  void (*run)(const double *a, intptr_t task, intptr_t tasks, int thread);
} Command;

// Arguments are doubles: addresses and integers are exact up to 2^53. a[0], a[1] are the scratch address and its bytes a thread
// (0, 0 when the caller asked for none); a command's own arguments start at a[2].
#define FLOATS(i) ((float *)(uintptr_t)a[i])
#define BYTES(i) ((uint8_t *)(uintptr_t)a[i])
#define INTS(i) ((int32_t *)(uintptr_t)a[i])
#define DOUBLES(i) ((double *)(uintptr_t)a[i])
#define INT(i) ((intptr_t)a[i])
#define NUMBER(i) ((float)a[i])
#define WORD(i) ((uint32_t)a[i])
#define SCRATCH(thread) ((float *)((uintptr_t)a[0] + (uintptr_t)a[1] * (uintptr_t)(thread)))

// Defines how many tasks a command has; the usual sizes of a task, in elements and in rows.
#define TASKS(name, count) \
  static intptr_t name##_tasks(const double *a, int threads) { (void)a; (void)threads; return count; }
#define BLOCK 8192
#define ROW_BLOCK 64

#define COMMAND(n) {#n, n##_tasks, n##_run}
#endif
