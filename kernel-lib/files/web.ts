// What fetching a file may meet, the same for every file.
import { MesaError } from '../errors';

const STALLED_MS = 60_000; // the longest wait for the next bytes

/** A signal that aborts when nothing has come for a minute: call `more` when something has, `end` when all has. */
export function stalling(): { readonly signal: AbortSignal; more(): void; end(): void } {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), STALLED_MS);
  return { signal: stop.signal, more: () => timer.refresh(), end: () => clearTimeout(timer) };
}

/** The bytes of an answer as they come. */
export function chunksOf(url: string, { ok, body, status, statusText }: Response): AsyncIterable<Uint8Array> {
  if (ok && body) return body as unknown as AsyncIterable<Uint8Array>;
  throw new MesaError('download-refused', { at: url, says: `the server answers ${status} ${statusText}` });
}

/** An error of `fetch` as ours, with what to try where the network is not there. */
export function offline(at: string, { cause, message }: Error, otherwise: string | undefined): MesaError {
  const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? (cause as Error | undefined)?.message ?? message;
  return new MesaError('offline', { at, says: `cannot be fetched (${why})`, ...(otherwise !== undefined && { try: otherwise }) });
}

/** Other bytes came than those that were published. */
export function otherBytes(at: string, says: string): MesaError {
  return new MesaError('checksum', { at, says, try: 'once more; if it stays so, somebody changed the file' });
}
