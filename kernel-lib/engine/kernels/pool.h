// A team of threads that walks a program (a list of commands) together: the same for the addon and for WebAssembly.
//
// A program is a list of records of doubles: command, doubles up to the next record, then what the command reads (command.h).
// Threads take tasks of the current command from a shared counter and go on when all its tasks are done. Nobody waits for a thread
// that has taken nothing: on a busy machine the others do its share, and one that comes when the program is over is turned away.
#ifndef MESA_POOL_H
#define MESA_POOL_H
#include <stdatomic.h>
#include "command.h"

#define MAX_COMMANDS 4096
#define SPINS 1000 // then leave the processor to others

// Given by the platform: pause a moment unless *word has changed from `seen`, wake who pauses on it, wait for another job word.
static void linger(_Atomic int *word, int seen);
static void wake(_Atomic int *word);
static int next_job(int seen);
static void relax(void);

static struct {
  const Command *commands;
  const double *program;
  int count, threads;
  _Atomic int job;     // a number that changes with every job and again when it is over << 8 | threads wanted, 0 when it is over
  _Atomic int working; // threads in the job, beside the caller
  _Atomic int next[MAX_COMMANDS], done[MAX_COMMANDS]; // tasks taken and finished, by command
} pool;

static void wait_for(_Atomic int *word, int value) {
  int seen;
  for (int spins = 0; (seen = atomic_load(word)) != value; spins++) {
    if (spins < SPINS) relax();
    else linger(word, seen);
  }
}

static void walk(int thread, int alone) {
  const double *record = pool.program;
  for (int i = 0; i < pool.count; i++, record += (intptr_t)record[1]) {
    const Command *command = &pool.commands[(int)record[0]];
    int tasks = (int)command->tasks(record + 2, pool.threads), task, mine = 0;
    for (; (task = atomic_fetch_add(&pool.next[i], 1)) < tasks; mine++) command->run(record + 2, task, tasks, thread);
    if (alone) continue;
    if (mine && atomic_fetch_add(&pool.done[i], mine) + mine == tasks) wake(&pool.done[i]);
    else wait_for(&pool.done[i], tasks);
  }
}

// What a thread of the pool does all its life. It first counts itself in and then looks whether the job is still on; the caller first
// ends the job and then looks who is in: one of them sees the other.
static void serve(int thread, int seen) {
  for (;;) {
    seen = next_job(seen);
    if (thread >= (seen & 255)) continue;
    atomic_fetch_add(&pool.working, 1);
    if (atomic_load(&pool.job) == seen) walk(thread, 0);
    if (atomic_fetch_sub(&pool.working, 1) == 1) wake(&pool.working);
  }
}

// Sets a program up; returns how many threads are worth waking: a program of small commands is done before they are awake.
static int prepare(const Command *commands, const double *program, int count, int threads) {
  int wanted = 1;
  pool.commands = commands;
  pool.program = program;
  pool.count = count;
  pool.threads = threads;
  for (int i = 0; i < count; i++, program += (intptr_t)program[1]) {
    atomic_store_explicit(&pool.next[i], 0, memory_order_relaxed);
    atomic_store_explicit(&pool.done[i], 0, memory_order_relaxed);
    if (commands[(int)program[0]].tasks(program + 2, threads) > 1) wanted = threads;
  }
  return wanted;
}

static void announce(int wanted) {
  unsigned number = (unsigned)atomic_load(&pool.job) >> 8;
  atomic_store(&pool.job, (int)((number + 1) << 8 | (unsigned)wanted));
}

static void run_prepared(int wanted) {
  if (wanted == 1) {
    walk(0, 1);
    return;
  }
  announce(wanted);
  wake(&pool.job);
  walk(0, 0);
  announce(0);
  wait_for(&pool.working, 0);
}
#endif
