// The addon: memory, the choice of the instruction set, and the thread pool behind Node's stable C interface (Node-API).
// One pool serves all engines of a process, in whichever worker thread they live; a lock lets one program run at a time.
// Linux x64 is tested. Linux and macOS on arm64 are built from the same source and untested.
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <dlfcn.h>
#include <node_api.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "pool.h"

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif
#define MAX_THREADS 64
#define YIELDS 200

// ---- instruction sets, best first
typedef struct { const char *name; const Command *commands; } Isa;

#if defined(__x86_64__)
#include <cpuid.h>
extern const Command commands_sse2[], commands_avx2[], commands_avx512[];
static Isa isas[] = {{"avx512", commands_avx512}, {"avx2", commands_avx2}, {"sse2", commands_sse2}};

// The processor must have it and the operating system must save its registers. (Zig's __builtin_cpu_supports always says no.)
static int supported(const char *isa) {
  unsigned a, b, c, d, low, high;
  if (!strcmp(isa, "sse2")) return 1;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 27 & 1) || !(c >> 12 & 1)) return 0; // OSXSAVE, FMA
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & 0x6) != 0x6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  if (!strcmp(isa, "avx2")) return b >> 5 & 1;
  return (low & 0xe6) == 0xe6 && (b >> 16 & 1) && (b >> 17 & 1) && (b >> 30 & 1) && (b >> 31 & 1); // F, DQ, BW, VL
}
#else
extern const Command commands_neon[];
static Isa isas[] = {{"neon", commands_neon}};
static int supported(const char *isa) { (void)isa; return 1; }
#endif
#define ISAS ((int)(sizeof isas / sizeof *isas))

// ---- threads
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER, sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t called = PTHREAD_COND_INITIALIZER;
static _Atomic int sleepers;
static int pool_size = 1; // with the caller

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("yield");
#endif
}
static void linger(_Atomic int *word, int seen) { (void)word; (void)seen; sched_yield(); }
static void wake(_Atomic int *word) {
  if (word != &pool.job || !atomic_load(&sleepers)) return;
  pthread_mutex_lock(&sleep_lock);
  pthread_cond_broadcast(&called);
  pthread_mutex_unlock(&sleep_lock);
}

static int next_job(int seen) {
  for (int spins = 0; spins < SPINS + YIELDS; spins++) {
    int job = atomic_load(&pool.job);
    if (job != seen) return job;
    if (spins < SPINS) relax();
    else sched_yield();
  }
  pthread_mutex_lock(&sleep_lock);
  atomic_fetch_add(&sleepers, 1);
  while (atomic_load(&pool.job) == seen) pthread_cond_wait(&called, &sleep_lock);
  atomic_fetch_sub(&sleepers, 1);
  pthread_mutex_unlock(&sleep_lock);
  return atomic_load(&pool.job);
}

typedef struct { int thread, seen; } Start;
static void *thread_main(void *p) {
  Start start = *(Start *)p;
  free(p);
  serve(start.thread, start.seen);
  return 0;
}

// Returns the threads there are: fewer than asked for where the system refuses.
static int grow(int threads) {
  if (threads > MAX_THREADS) threads = MAX_THREADS;
  for (; pool_size < threads; pool_size++) {
    Start *start = malloc(sizeof *start);
    pthread_t thread;
    if (!start) break;
    *start = (Start){pool_size, atomic_load(&pool.job)};
    if (pthread_create(&thread, 0, thread_main, start)) { free(start); break; }
    pthread_detach(thread);
  }
  return threads < pool_size ? threads : pool_size;
}

// A forked child has none of the threads.
static void after_fork(void) {
  pool_size = 1;
  atomic_store(&sleepers, 0);
  pthread_mutex_init(&turn, 0);
  pthread_mutex_init(&sleep_lock, 0);
  pthread_cond_init(&called, 0);
}

// ---- what JavaScript calls
static double number(napi_env env, napi_value v) { double d = 0; napi_get_value_double(env, v, &d); return d; }
static napi_value result(napi_env env, double d) { napi_value v; napi_create_double(env, d, &v); return v; }
static void arguments(napi_env env, napi_callback_info info, size_t n, napi_value *v) { napi_get_cb_info(env, info, &n, v, 0, 0); }
static void append(napi_env env, napi_value list, uint32_t i, const char *text) {
  napi_value v;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &v);
  napi_set_element(env, list, i, v);
}

// isas(): names of the instruction sets that work here, best first; '' for those that do not.
static napi_value list_isas(napi_env env, napi_callback_info info) {
  napi_value list;
  napi_create_array(env, &list);
  for (int i = 0; i < ISAS; i++) append(env, list, (uint32_t)i, supported(isas[i].name) ? isas[i].name : "");
  return list;
}

// commands(): names of the commands by id.
static napi_value list_commands(napi_env env, napi_callback_info info) {
  napi_value list;
  napi_create_array(env, &list);
  for (uint32_t i = 0; isas[0].commands[i].name; i++) append(env, list, i, isas[0].commands[i].name);
  return list;
}

static void unmap(napi_env env, void *p, void *bytes) { munmap(p, (size_t)(uintptr_t)bytes); }

// reserve(bytes): an ArrayBuffer of address space, whose pages come when they are touched; null where there is none.
static napi_value reserve(napi_env env, napi_callback_info info) {
  napi_value v[1], buffer = 0;
  arguments(env, info, 1, v);
  size_t bytes = (size_t)number(env, v[0]);
  void *p = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p != MAP_FAILED && napi_create_external_arraybuffer(env, p, bytes, unmap, (void *)bytes, &buffer) != napi_ok) munmap(p, bytes);
  if (!buffer) napi_get_null(env, &buffer);
  return buffer;
}

// address(buffer)
static napi_value address(napi_env env, napi_callback_info info) {
  napi_value v[1];
  void *p = 0;
  size_t bytes;
  arguments(env, info, 1, v);
  napi_get_arraybuffer_info(env, v[0], &p, &bytes);
  return result(env, (double)(uintptr_t)p);
}

// decommit(address, bytes): whole pages only.
static napi_value decommit(napi_env env, napi_callback_info info) {
  napi_value v[2];
  arguments(env, info, 2, v);
#ifdef __linux__
  madvise((void *)(uintptr_t)number(env, v[0]), (size_t)number(env, v[1]), MADV_DONTNEED);
#else
  madvise((void *)(uintptr_t)number(env, v[0]), (size_t)number(env, v[1]), MADV_FREE);
#endif
  return 0;
}

// run(program, count, threads, isa)
static napi_value run(napi_env env, napi_callback_info info) {
  napi_value v[4];
  arguments(env, info, 4, v);
  const double *program = (const double *)(uintptr_t)number(env, v[0]);
  int count = (int)number(env, v[1]), threads = (int)number(env, v[2]), isa = (int)number(env, v[3]);
  if (count > MAX_COMMANDS || isa < 0 || isa >= ISAS) {
    napi_throw_range_error(env, 0, "too many commands, or no such instruction set");
    return 0;
  }
  pthread_mutex_lock(&turn);
  int wanted = prepare(isas[isa].commands, program, count, threads);
  run_prepared(wanted > 1 ? grow(wanted) : 1);
  pthread_mutex_unlock(&turn);
  return 0;
}

// Node unloads an addon when the last worker that loaded it ends, but the pool's threads still run its code: stay.
static void stay(void) {
  Dl_info self;
  if (dladdr((void *)&stay, &self)) dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

static void once(void) {
  stay();
  pthread_atfork(0, 0, after_fork);
}

NAPI_MODULE_INIT() {
  static pthread_once_t initialised = PTHREAD_ONCE_INIT;
  static const struct { const char *name; napi_callback call; } functions[] = {
    {"isas", list_isas}, {"commands", list_commands}, {"reserve", reserve}, {"address", address}, {"decommit", decommit}, {"run", run},
  };
  pthread_once(&initialised, once);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value f;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, 0, &f);
    napi_set_named_property(env, exports, functions[i].name, f);
  }
  return exports;
}
