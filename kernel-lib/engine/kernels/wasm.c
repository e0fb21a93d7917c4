// The WebAssembly module. Threads are workers that share its memory, each in `work` with a stack of its own.
#include "pool.h"

#define EXPORT(name) __attribute__((export_name(#name)))
extern const Command commands_simd128[];

#ifdef __wasm_atomics__
static void linger(_Atomic int *word, int seen) { __builtin_wasm_memory_atomic_wait32((int *)word, seen, 1000000); }
static void wake(_Atomic int *word) { __builtin_wasm_memory_atomic_notify((int *)word, 255); }
static int next_job(int seen) {
  for (int spins = 0; spins < SPINS; spins++) if (atomic_load(&pool.job) != seen) return atomic_load(&pool.job);
  while (atomic_load(&pool.job) == seen) __builtin_wasm_memory_atomic_wait32((int *)&pool.job, seen, -1);
  return atomic_load(&pool.job);
}
EXPORT(work) void work(int thread) { serve(thread, 0); }
#else
static void linger(_Atomic int *word, int seen) { (void)word; (void)seen; }
static void wake(_Atomic int *word) { (void)word; }
__attribute__((unused)) static int next_job(int seen) { return seen; }
#endif
static void relax(void) {}

// Name of a command by id; null after the last.
EXPORT(command) const char *command(int id) { return commands_simd128[id].name; }

EXPORT(run) void run(const double *program, int count, int threads) {
  run_prepared(prepare(commands_simd128, program, count, threads));
}

// The compiler calls these; there is no C library.
void *memset(void *p, int value, unsigned long n) {
  unsigned char *to = p;
  for (unsigned long i = 0; i < n; i++) to[i] = (unsigned char)value;
  return p;
}
void *memcpy(void *p, const void *q, unsigned long n) {
  unsigned char *to = p;
  const unsigned char *from = q;
  for (; n >= 16; n -= 16, to += 16, from += 16) __builtin_memcpy_inline(to, from, 16);
  for (unsigned long i = 0; i < n; i++) to[i] = from[i];
  return p;
}
