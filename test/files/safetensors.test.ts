import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MesaError } from '../../kernel-lib/errors';
import { readSafetensors, writeSafetensors } from '../../kernel-lib/files/safetensors';
import { headerBytes, parseHeader } from '../../kernel-lib/files/safetensors-header';
import { key, uniform } from '../../kernel-lib/random/random';

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mesa-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file with this header text (or bytes) and so many bytes behind it. */
async function fileWith(header: string | Uint8Array, bodyBytes: number, claimed?: bigint): Promise<string> {
  const text = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(claimed ?? BigInt(text.length));
  const path = at('case.safetensors');
  await writeFile(path, Buffer.concat([prefix, text, Buffer.alloc(bodyBytes)]));
  return path;
}

async function errorOf(read: Promise<unknown>): Promise<MesaError> {
  const error = await read.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(MesaError);
  return error as MesaError;
}

const f32 = (shape: string, begin: number, end: number): string => `{"dtype":"F32","shape":${shape},"data_offsets":[${begin},${end}]}`;

describe('a safetensors file', () => {
  it('gives back what was written, in every type', async () => {
    const tensors = new Map([
      ['a.weight', { shape: [2, 3], values: Float32Array.of(1, -2, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e-45) }],
      ['b', { shape: [1], values: Float64Array.of(Math.PI) }],
      ['c', { shape: [2], values: BigInt64Array.of(-1n, 2n ** 62n) }],
      ['d', { shape: [3], values: Uint8Array.of(1, 2, 3) }],
      ['e', { shape: [], values: Int32Array.of(-7) }],
      ['f', { shape: [0, 4], values: new Float32Array(0) }],
      ['g', { shape: [1], values: Int16Array.of(-300) }],
    ]);
    await writeSafetensors(
      at('all'),
      tensors,
      new Map([
        ['format', 'pt'],
        ['say "x"', 'ü'],
      ]),
    );
    const read = await readSafetensors(at('all'));
    expect(read.metadata).toEqual(
      new Map([
        ['format', 'pt'],
        ['say "x"', 'ü'],
      ]),
    );
    expect(new Map([...read.tensors].map(([name, { shape, values }]) => [name, { shape, values }]))).toEqual(tensors);
    expect(await readdir(folder)).toEqual(['all']); // no temporary file is left
  });

  it('places every tensor on a multiple of its element size', async () => {
    await writeSafetensors(
      at('aligned'),
      new Map([
        ['bytes', { shape: [3], values: new Uint8Array(3) }],
        ['words', { shape: [1], values: new Float64Array(1) }],
      ]),
    );
    const file = await readFile(at('aligned'));
    const length = Number(file.readBigUInt64LE());
    const header = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<string, { data_offsets: [number, number] }>;
    expect(length % 8).toBe(0);
    expect(header.words?.data_offsets).toEqual([0, 8]);
    expect(header.bytes?.data_offsets).toEqual([8, 11]);
  });

  it('widens half precision', async () => {
    const half = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x8000]; // 1, -2, 2^-24, 65504, inf, -inf, -0
    const path = await fileWith(
      '{"h":{"dtype":"F16","shape":[7],"data_offsets":[0,14]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[14,18]}}',
      0,
    );
    const body = Buffer.alloc(18);
    half.forEach((bits, i) => void body.writeUInt16LE(bits, 2 * i));
    body.writeUInt16LE(0x3f80, 14); // 1
    body.writeUInt16LE(0xc049, 16); // -3.140625
    await writeFile(path, Buffer.concat([await readFile(path), body]));
    const { tensors } = await readSafetensors(path);
    expect([...(tensors.get('h')?.values ?? [])]).toEqual([1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]);
    expect([...(tensors.get('b')?.values ?? [])]).toEqual([1, -3.140625]);
  });

  it('keeps the old file when writing fails', async () => {
    await writeSafetensors(at('kept'), new Map([['x', { shape: [1], values: Float32Array.of(1) }]]));
    await errorOf(writeSafetensors(at('kept'), new Map([['x', { shape: [2], values: Float32Array.of(1) }]])));
    expect((await readSafetensors(at('kept'))).tensors.get('x')?.values).toEqual(Float32Array.of(1));
  });
});

describe('a corrupt safetensors file is refused', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  it.each<[string, string | Uint8Array, number, bigint | undefined, RegExp]>([
    ['header longer than the file', '{}', 0, 3n, /claims 3 bytes/],
    ['header over the limit', '{}', 0, 100_000_001n, /limit is 100000000/],
    ['header length of 2^64 - 1', '{}', 0, 2n ** 64n - 1n, /limit is/],
    ['bad UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 0, undefined, /not UTF-8/],
    ['byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 0, undefined, /not JSON/],
    ['bad JSON', '{"a":', 0, undefined, /not JSON/],
    ['an array', '[]', 0, undefined, /not a JSON object/],
    ['null', 'null', 0, undefined, /not a JSON object/],
    ['deep nesting', `{"a":${deep}}`, 0, undefined, /not an object/],
    ['overlap', `{"a":${f32('[2]', 0, 8)},"b":${f32('[2]', 4, 12)}}`, 12, undefined, /overlap/],
    ['two tensors at one place', `{"a":${f32('[2]', 0, 8)},"b":${f32('[2]', 0, 8)}}`, 8, undefined, /overlap/],
    ['hole', `{"a":${f32('[2]', 0, 8)},"b":${f32('[2]', 12, 20)}}`, 20, undefined, /belong to no tensor/],
    ['hole at the start', `{"a":${f32('[1]', 4, 8)}}`, 8, undefined, /belong to no tensor/],
    ['bytes after the last tensor', `{"a":${f32('[2]', 0, 8)}}`, 9, undefined, /take 8 bytes, the file has 9/],
    ['bytes without tensor', '{}', 4, undefined, /take 0 bytes, the file has 4/],
    ['tensor beyond the file', `{"a":${f32('[2]', 0, 8)}}`, 7, undefined, /end at 8/],
    ['shape overflow', `{"a":${f32('[4294967296,4294967296,4294967296]', 0, 8)}}`, 8, undefined, /overflows/],
    ['shape overflow to zero in 64 bits', `{"a":${f32('[9223372036854775808,2]', 0, 0)}}`, 0, undefined, /not a list/],
    ['wrong span', `{"a":${f32('[3]', 0, 8)}}`, 8, undefined, /takes 12 bytes, data_offsets span 8/],
    ['negative size', `{"a":${f32('[-1]', 0, 4)}}`, 4, undefined, /not a list/],
    ['fractional size', `{"a":${f32('[0.5]', 0, 2)}}`, 2, undefined, /not a list/],
    ['too many dimensions', `{"a":${f32(`[${Array(17).fill(1)}]`, 0, 4)}}`, 4, undefined, /at most 16/],
    ['offsets backwards', `{"a":${f32('[0]', 4, 0)}}`, 4, undefined, /backwards/],
    ['one offset', '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0]}}', 0, undefined, /pair/],
    ['no offsets', '{"a":{"dtype":"F32","shape":[0]}}', 0, undefined, /pair/],
    ['unknown dtype', '{"a":{"dtype":"F4","shape":[0],"data_offsets":[0,0]}}', 0, undefined, /dtype F4/],
    ['dtype of an object', '{"a":{"dtype":"constructor","shape":[0],"data_offsets":[0,0]}}', 0, undefined, /dtype constructor/],
    ['duplicate name', `{"a":${f32('[1]', 0, 4)},"a":${f32('[1]', 0, 4)}}`, 4, undefined, /'a' stands twice/],
    ['duplicate name, escaped', `{"a":${f32('[1]', 0, 4)},"\\u0061":${f32('[1]', 0, 4)}}`, 4, undefined, /'a' stands twice/],
    ['duplicate field', '{"a":{"dtype":"F32","dtype":"U8","shape":[0],"data_offsets":[0,0]}}', 0, undefined, /'dtype' stands twice/],
    ['__proto__', `{"__proto__":${f32('[1]', 0, 4)}}`, 4, undefined, /'__proto__' is refused/],
    ['__proto__, escaped', `{"\\u005f_proto__":${f32('[1]', 0, 4)}}`, 4, undefined, /'__proto__' is refused/],
    ['metadata that is no text', '{"__metadata__":{"a":1}}', 0, undefined, /not a string/],
    ['metadata that is no object', '{"__metadata__":"a"}', 0, undefined, /not an object/],
  ])('%s', async (_, header, body, claimed, says) => {
    const error = await errorOf(readSafetensors(await fileWith(header, body, claimed)));
    expect(error.message).toMatch(says);
    expect(error.code).toBe('safetensors-corrupt');
  });

  it('a file of fewer than 8 bytes', async () => {
    await writeFile(at('short'), 'abc');
    expect((await errorOf(readSafetensors(at('short')))).message).toMatch(/3 bytes, fewer than the 8/);
    await writeFile(at('short'), '');
    expect((await errorOf(readSafetensors(at('short')))).message).toMatch(/0 bytes/);
  });

  it('a file that is not there, or a folder', async () => {
    expect((await errorOf(readSafetensors(folder))).message).toMatch(/is not a file/);
    expect((await errorOf(readSafetensors(at('nowhere')))).code).toBe('file-not-found');
  });

  it('a header of one enormous name, quickly', async () => {
    const error = await errorOf(readSafetensors(await fileWith(`{"${'a'.repeat(20_000_000)}":1}`, 0)));
    expect(error.message.length).toBeLessThan(1000);
  });
});

describe('random mutations', () => {
  let whole: Buffer;
  beforeAll(async () => {
    const tensors = new Map(
      ['x', 'y.weight', 'z'].map((name, i) => [name, { shape: [i + 1, 2], values: new Float32Array(2 * i + 2).fill(i) }]),
    );
    await writeSafetensors(at('whole'), tensors, new Map([['format', 'pt']]));
    whole = await readFile(at('whole'));
  });

  /** A copy with up to four bytes changed, sometimes cut short. */
  function mutant(round: number): Buffer {
    const [cut, length, flips, ...draws] = uniform(key(7, round, 0, 'mutation'), 11) as unknown as [number, number, number, ...number[]];
    const bytes = Buffer.from(whole.subarray(0, cut < 0.2 ? Math.floor(length * whole.length) : whole.length));
    for (let i = 0; i <= 3 * flips && bytes.length > 0; i++)
      bytes[Math.floor((draws[2 * i] as number) * bytes.length)] = 256 * (draws[2 * i + 1] as number);
    return bytes;
  }

  /** Refusals among the rounds; anything but a MesaError fails the test. */
  function refusals(errors: readonly unknown[]): number {
    for (const e of errors) if (e !== undefined && !(e instanceof MesaError)) throw e;
    return errors.filter((e) => e !== undefined).length;
  }

  it('of a header: all 10,000 are read or refused with a typed error', () => {
    const errors = Array.from({ length: 10_000 }, (_, round) => {
      const bytes = mutant(round);
      try {
        const length = headerBytes(bytes.subarray(0, 8), bytes.length);
        parseHeader(bytes.subarray(8, 8 + length), bytes.length - 8 - length);
        return undefined;
      } catch (e) {
        return e;
      }
    });
    expect(refusals(errors)).toBeGreaterThan(5000);
    expect(refusals(errors)).toBeLessThan(9900); // flips in the body only: the format has no checksum
  });

  it('of a file: the same, 500 times through the disk', async () => {
    const errors: unknown[] = [];
    for (let round = 0; round < 500; round++) {
      await writeFile(at('mutant'), mutant(round));
      errors.push(
        await readSafetensors(at('mutant')).then(
          () => undefined,
          (e: unknown) => e,
        ),
      );
    }
    expect(refusals(errors)).toBeGreaterThan(250);
  });
});
