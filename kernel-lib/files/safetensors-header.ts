import { MesaError } from '../errors';
import { DTYPES } from './dtypes';
import { MAX_DIMENSIONS, MAX_HEADER_BYTES } from './limits';

/** Where a tensor lies in the file, after every check. */
export interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes after the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order of their bytes. */
  readonly entries: readonly Entry[];
  readonly metadata: ReadonlyMap<string, string>;
}

const METADATA = '__metadata__';
const REFUSED = '__proto__'; // as a key of a plain object it would change the object instead of naming a tensor

/** Bytes of the length that stands before the header. */
export const PREFIX_BYTES = 8;

/** The length of the header, from the first eight bytes of a file of `fileBytes`. */
export function headerBytes(prefix: Uint8Array, fileBytes: number): number {
  if (prefix.byteLength < PREFIX_BYTES)
    throw bad(`the file has ${prefix.byteLength} bytes, fewer than the ${PREFIX_BYTES} of the header length`);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) throw bad(`the header claims ${length} bytes, the limit is ${MAX_HEADER_BYTES}`);
  if (PREFIX_BYTES + length > fileBytes) throw bad(`the header claims ${length} bytes, the file has ${fileBytes - PREFIX_BYTES} left`);
  return length;
}

/** Reads and checks a header: `bodyBytes` is what follows it in the file. */
export function parseHeader(bytes: Uint8Array, bodyBytes: number): Header {
  const text = decodeText(bytes);
  const json = parseJson(text);
  refuseDuplicateKeys(text);
  const entries: Entry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(json)) {
    if (name === METADATA) metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCover(entries, bodyBytes);
  return { entries, metadata };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw bad('the header is not UTF-8');
  }
}

function parseJson(text: string): object {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw bad('the header is not JSON');
  }
  if (!isRecord(json)) throw bad('the header is not a JSON object');
  return json;
}

/** JSON.parse silently keeps the last of two equal keys; the text is known to be JSON here. */
function refuseDuplicateKeys(text: string): void {
  const open: Set<string>[] = [];
  for (const [token, string, colon] of text.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon) {
      const name = JSON.parse(string as string) as string;
      const seen = open.at(-1);
      if (seen?.has(name)) throw bad(`the name '${shorten(name)}' stands twice in the header`);
      if (name === REFUSED) throw bad(`the name '${REFUSED}' is refused`);
      seen?.add(name);
    }
  }
}

function parseMetadata(value: unknown): ReadonlyMap<string, string> {
  if (!isRecord(value)) throw bad(`${METADATA} is not an object of strings`);
  for (const v of Object.values(value)) if (typeof v !== 'string') throw bad(`${METADATA} holds something that is not a string`);
  return new Map(Object.entries(value) as [string, string][]);
}

function parseEntry(name: string, value: unknown): Entry {
  const at = shorten(name);
  if (!isRecord(value)) throw bad('the entry is not an object', at);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  const stored = typeof dtype === 'string' && Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  if (!stored) throw bad(`dtype ${shorten(String(dtype))} is not one of ${Object.keys(DTYPES).join(', ')}`, at);
  if (!isSizes(shape) || shape.length > MAX_DIMENSIONS) throw bad(`the shape is not a list of at most ${MAX_DIMENSIONS} sizes`, at);
  if (!isSizes(offsets) || offsets.length !== 2) throw bad('data_offsets is not a pair of byte positions', at);
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => checkedProduct(product, size, at), stored.bytes);
  if (begin > end) throw bad(`data_offsets [${begin}, ${end}] run backwards`, at);
  if (end - begin !== bytes) throw bad(`${dtype} [${shape}] takes ${bytes} bytes, data_offsets span ${end - begin}`, at);
  return { name, dtype: dtype as string, shape, begin, end };
}

function checkedProduct(a: number, b: number, at: string): number {
  const product = a * b;
  if (!Number.isSafeInteger(product)) throw bad('the shape overflows', at);
  return product;
}

/** The spans follow each other without overlap or hole and end where the file ends. */
function checkCover(entries: readonly Entry[], bodyBytes: number): void {
  let position = 0;
  for (const { name, begin, end } of entries) {
    const at = shorten(name);
    if (begin < position) throw bad(`its bytes from ${begin} overlap those before, which end at ${position}`, at);
    if (begin > position) throw bad(`bytes ${position} to ${begin} before it belong to no tensor`, at);
    if (end > bodyBytes) throw bad(`its bytes end at ${end}, the file's at ${bodyBytes}`, at);
    position = end;
  }
  if (position !== bodyBytes) throw bad(`the tensors take ${position} bytes, the file has ${bodyBytes}`);
}

const isRecord = (v: unknown): v is object => typeof v === 'object' && v !== null && !Array.isArray(v);
const isSizes = (v: unknown): v is number[] => Array.isArray(v) && v.every((n) => Number.isSafeInteger(n) && n >= 0);
const shorten = (s: string): string => (s.length > 80 ? `${s.slice(0, 77)}...` : s);

function bad(says: string, at?: string): MesaError {
  return new MesaError('safetensors-corrupt', {
    ...(at === undefined ? {} : { at }),
    says,
    try: 'getting the file again, and comparing its checksum',
  });
}
