import { MesaError } from '../../errors';
import { IGNORED, type RawMask } from '../augment/image';

/** What the numbers of a mask mean: number n is class n - `offset`. */
export interface MaskCodes {
  readonly classes: number;
  readonly offset: number;
  /** Numbers that are no class: such pixels are not trained on. */
  readonly ignore: readonly number[];
}

/** The classes of a mask, 255 where ignored. A number that is neither is an error: it would be a wrong label. */
export function toClasses({ width, height, data }: RawMask, { classes, offset, ignore }: MaskCodes): RawMask {
  const table = Int16Array.from({ length: 256 }, (_, n) => (ignore.includes(n) ? IGNORED : n - offset));
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const label = table[data[i] as number] as number;
    if (label !== IGNORED && (label < 0 || label >= classes)) throw outOfRange(data[i] as number, i, width, { classes, offset, ignore });
    out[i] = label;
  }
  return { width, height, data: out };
}

/** Classes as a model is fed them: -1 where ignored. */
export function toLabels(mask: Uint8Array, out: Int32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = mask[i] === IGNORED ? -1 : (mask[i] as number);
}

function outOfRange(number: number, at: number, width: number, { classes, offset, ignore }: MaskCodes): MesaError {
  return new MesaError('label-out-of-range', {
    says: `pixel (${at % width}, ${Math.floor(at / width)}) of the mask is ${number}, which is no class and not ignored`,
    try: `numbers from ${offset} to ${offset + classes - 1}, ignored: ${ignore.join(', ') || 'none'}`,
  });
}
