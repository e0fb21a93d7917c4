/**
 * Runs `work` with a signal that an Interrupt aborts: SIGINT, from Ctrl-C or a notebook's button. Only the first is taken; a second one does
 * what it would do without us.
 */
export async function interruptible<T>(work: (interrupted: AbortSignal) => Promise<T>): Promise<T> {
  await new Promise(setImmediate); // out of a cell's synchronous part, whose end would leave SIGINT deadly if somebody listened within it
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt);
  try {
    return await work(stop.signal);
  } finally {
    process.removeListener('SIGINT', onInterrupt);
  }
}
