/** Elements of a stored tensor, in the type that JavaScript has for them. Half precision is widened to float32. */
export type StoredValues =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

interface Stored {
  readonly bytes: number;
  /** `buffer` belongs to the tensor alone and is aligned. */
  decode(buffer: ArrayBuffer): StoredValues;
}

/** The element types of safetensors that are read. */
export const DTYPES: Readonly<Record<string, Stored>> = {
  F64: { bytes: 8, decode: (b) => new Float64Array(b) },
  F32: { bytes: 4, decode: (b) => new Float32Array(b) },
  F16: { bytes: 2, decode: (b) => Float32Array.from(new Uint16Array(b), fromHalf) },
  BF16: { bytes: 2, decode: (b) => fromBfloat(new Uint16Array(b)) },
  I64: { bytes: 8, decode: (b) => new BigInt64Array(b) },
  U64: { bytes: 8, decode: (b) => new BigUint64Array(b) },
  I32: { bytes: 4, decode: (b) => new Int32Array(b) },
  U32: { bytes: 4, decode: (b) => new Uint32Array(b) },
  I16: { bytes: 2, decode: (b) => new Int16Array(b) },
  U16: { bytes: 2, decode: (b) => new Uint16Array(b) },
  I8: { bytes: 1, decode: (b) => new Int8Array(b) },
  U8: { bytes: 1, decode: (b) => new Uint8Array(b) },
  BOOL: { bytes: 1, decode: (b) => new Uint8Array(b) },
};

/** The value of an IEEE 754 half: 1 sign, 5 exponent, 10 fraction bits. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** A bfloat16 is the upper half of a float32. */
function fromBfloat(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
  return new Float32Array(words.buffer);
}
