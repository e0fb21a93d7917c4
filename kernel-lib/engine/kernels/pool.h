// A team of threads that walks a program (a list of commands) together: the same for the addon and for WebAssembly.
//
// A program is a list of records of doubles: command, doubles up to the next record, then what the command reads (command.h).
// Every thread takes tasks of the current command from a shared counter and then waits for the others. Counters are one a command,
// so no thread can disturb a command that another has not left yet.
#ifndef MESA_POOL_H
#define MESA_POOL_H
#include <stdatomic.h>
#include "command.h"

#define MAX_COMMANDS 4096
#define SPINS 1000 // then leave the processor to others: on a busy machine a spinning barrier is slower than one thread

// Given by the platform: pause a moment unless *word has changed from `seen`, wake who pauses on it, wait for the next job.
static void linger(_Atomic int *word, int seen);
static void wake(_Atomic int *word);
static int next_job(int seen);
static void relax(void);

static struct {
  const Command *commands;
  const double *program;
  int count, threads;
  // Number of the job << 8 | threads that take part. One word, so that a thread that was late never joins a job it is not counted in.
  _Atomic int job;
  _Atomic int running; // threads of the job, beside the caller, that are not done
  _Atomic int next[MAX_COMMANDS], arrived[MAX_COMMANDS];
} pool;

static void wait_for(_Atomic int *word, int value) {
  int seen;
  for (int spins = 0; (seen = atomic_load(word)) != value; spins++) {
    if (spins < SPINS) relax();
    else linger(word, seen);
  }
}

static void walk(int thread, int team) {
  const double *record = pool.program;
  for (int i = 0; i < pool.count; i++, record += (intptr_t)record[1]) {
    const Command *command = &pool.commands[(int)record[0]];
    intptr_t tasks = command->tasks(record + 2, pool.threads), task;
    while ((task = atomic_fetch_add(&pool.next[i], 1)) < tasks) command->run(record + 2, task, tasks, thread);
    if (team == 1) continue;
    if (atomic_fetch_add(&pool.arrived[i], 1) + 1 == team) wake(&pool.arrived[i]);
    else wait_for(&pool.arrived[i], team);
  }
}

// What a thread of the pool does all its life.
static void serve(int thread, int seen) {
  for (;;) {
    seen = next_job(seen);
    int team = seen & 255;
    if (thread >= team) continue;
    walk(thread, team);
    if (atomic_fetch_sub(&pool.running, 1) == 1) wake(&pool.running);
  }
}

// Sets a program up; returns how many threads are worth waking: a program of small commands is done before they are awake.
static int prepare(const Command *commands, const double *program, int count, int threads) {
  int team = 1;
  pool.commands = commands;
  pool.program = program;
  pool.count = count;
  pool.threads = threads;
  for (int i = 0; i < count; i++, program += (intptr_t)program[1]) {
    atomic_store_explicit(&pool.next[i], 0, memory_order_relaxed);
    atomic_store_explicit(&pool.arrived[i], 0, memory_order_relaxed);
    if (commands[(int)program[0]].tasks(program + 2, threads) > 1) team = threads;
  }
  return team;
}

static void run_prepared(int team) {
  if (team > 1) {
    atomic_store(&pool.running, team - 1);
    int job = atomic_load(&pool.job);
    atomic_store(&pool.job, (int)((((unsigned)job >> 8) + 1) << 8 | (unsigned)team));
    wake(&pool.job);
  }
  walk(0, team);
  if (team > 1) wait_for(&pool.running, 0);
}
#endif
