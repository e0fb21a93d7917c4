import { describe, expect, it } from 'vitest';
import { largestShare } from '../../../kernel-lib/data/augment/class-share';
import { IGNORED, type RawImage, type RawMask } from '../../../kernel-lib/data/augment/image';
import type { SegmentationPipeline } from '../../../kernel-lib/data/augment/pipeline';
import { transformOf } from '../../../kernel-lib/data/augment/transform-of';
import { extremes, noisy, striped } from './pictures';

const ade: SegmentationPipeline = { kind: 'segmentation', scale: [256, 64], crop: [64, 64], maxShareOfOneClass: 0.75 };
const at = (place: number) => ({ seed: 7, epoch: 0, place });
const unlabelled = (width: number, height: number): RawMask => ({ width, height, data: new Uint8Array(width * height).fill(3) });

/** Share of the pixels whose grey is not that of their class: there are some at the borders of stripes. */
function misplaced({ data }: RawImage, mask: RawMask): number {
  const wrong = mask.data.filter((label, i) => label !== IGNORED && Math.abs((data[3 * i] as number) - 30 * label) > 15);
  return wrong.length / mask.data.length;
}

describe('the pipeline of a segmentation', () => {
  it('keeps the mask on the picture through resize, crop, flip and padding', () => {
    const sample = striped(160, 90);
    for (let place = 0; place < 40; place++) {
      const { image, mask } = transformOf(ade).picture(sample, at(place));
      expect([image.width, image.height, mask?.width, mask?.height]).toEqual([64, 64, 64, 64]);
      expect(misplaced(image, mask as RawMask)).toBeLessThan(0.002);
    }
  });

  it('would notice a mask that is a pixel off', () => {
    const { image, mask } = transformOf({ ...ade, flip: 0 }).picture(striped(160, 90), at(0));
    const { width, height, data } = mask as RawMask;
    expect(misplaced(image, { width, height, data: data.map((_, i) => data[i + 1] ?? IGNORED) })).toBeGreaterThan(0.01);
  });

  it('mirrors half of the samples', () => {
    const sample = striped(16, 16);
    const { picture } = transformOf({ ...ade, scale: [16, 16], crop: [16, 16], ratio: [1, 1] });
    const mirrored = Array.from({ length: 800 }, (_, place) => picture(sample, at(place)).mask?.data[0] === 7);
    expect(mirrored.filter(Boolean).length / 800).toBeCloseTo(0.5, 1);
  });

  it('resizes between half and twice the scale', () => {
    const { picture } = transformOf({ ...ade, scale: [32, 32], flip: 0 });
    const sides = Array.from({ length: 200 }, (_, place) => {
      const { mask } = picture({ image: noisy(8, 8), mask: unlabelled(8, 8) }, at(place));
      return (mask as RawMask).data.filter((v) => v !== IGNORED).length ** 0.5;
    });
    expect([Math.min(...sides), Math.max(...sides)]).toEqual([16, 63]); // 64 only for a draw of 1, which there is none of
  });

  it('pads below and to the right with the mean, and the mask with 255', () => {
    const { image, mask } = transformOf({ ...ade, scale: [32, 32], ratio: [1, 1], flip: 0 }).picture(
      { image: noisy(32, 32), mask: unlabelled(32, 32) },
      at(0),
    );
    expect([mask?.data[31], mask?.data[32], mask?.data[31 * 64], mask?.data[32 * 64]]).toEqual([3, IGNORED, 3, IGNORED]);
    expect([...image.data.subarray(3 * 32, 3 * 33)]).toEqual([124, 116, 104]);
    const planes = new Float32Array(3 * 64 * 64);
    transformOf(ade).write(image, at(0), planes);
    expect(Math.abs(planes[63] as number)).toBeLessThan(0.01);
  });

  it('avoids crops that one class fills, where there are others', () => {
    const [width, height] = [256, 64];
    const mask = { width, height, data: Uint8Array.from({ length: width * height }, (_, i) => (i % width < 40 ? 1 : 0)) };
    const sample = { image: noisy(width, height), mask };
    const crowded = (maxShareOfOneClass: number) => {
      const { picture } = transformOf({ ...ade, ratio: [1, 1], maxShareOfOneClass });
      return Array.from({ length: 60 }, (_, place) => largestShare(picture(sample, at(place)).mask as RawMask)).filter((s) => s >= 0.75)
        .length;
    };
    expect(crowded(1)).toBeGreaterThan(40);
    expect(crowded(0.75)).toBeLessThan(25);
  });

  it('distorts the colours of most pictures, and moves nothing', () => {
    const sample = striped(16, 16);
    const small = { ...ade, scale: [16, 16], crop: [16, 16], ratio: [1, 1] } as const;
    const { picture } = transformOf({ ...small, photometric: true });
    const plain = transformOf(small).picture;
    const changed = Array.from({ length: 100 }, (_, place) => {
      const [distorted, expected] = [picture(sample, at(place)), plain(sample, at(place))];
      expect(distorted.mask).toEqual(expected.mask);
      return String(distorted.image.data) !== String(expected.image.data);
    });
    expect(changed.filter(Boolean).length / 100).toBeGreaterThan(0.6); // greys: brightness or contrast, 3/4
    expect(changed.filter(Boolean).length / 100).toBeLessThan(0.9);
  });

  it('works without a mask', () => {
    const { image, mask } = transformOf(ade).picture({ image: noisy(80, 70) }, at(0));
    expect([image.width, mask]).toEqual([64, undefined]);
  });

  it('refuses a mask of another size', () => {
    expect(() => transformOf(ade).picture({ image: noisy(8, 9), mask: unlabelled(9, 8) }, at(0))).toThrow(/8x9 with a mask of 9x8/);
  });

  it.each(extremes)('takes %d x %d pixels', (width, height) => {
    for (let place = 0; place < 5; place++) {
      const sample = { image: noisy(width, height), mask: unlabelled(width, height) };
      expect(transformOf({ ...ade, photometric: true }).picture(sample, at(place)).mask?.data).toContain(3);
    }
  });
});

describe('the pipeline of its evaluation', () => {
  const evaluation = { kind: 'segmentation-evaluation', scale: [256, 64] } as const;

  it('resizes to fit, then pads to a frame or stretches to multiples', () => {
    const sample = striped(160, 80);
    const shape = (options: object) => {
      const { image, mask } = transformOf({ ...evaluation, ...options }).picture(sample, at(0));
      expect(misplaced(image, mask as RawMask)).toBeLessThan(0.002);
      return [image.width, image.height, (mask as RawMask).data.filter((v) => v !== IGNORED).length];
    };
    expect(shape({})).toEqual([128, 64, 128 * 64]);
    expect(shape({ multiple: 48 })).toEqual([144, 96, 144 * 96]);
    expect(shape({ pad: [64, 64] })).toEqual([64, 64, 64 * 32]); // made smaller: nothing is cut off
  });

  it('knows its size where it is fixed', () => {
    expect(transformOf(evaluation).size).toBeNull();
    expect(transformOf({ ...evaluation, pad: [96, 64] }).size).toEqual([64, 96]);
  });
});

describe('largestShare', () => {
  const share = (...data: number[]) => largestShare({ width: data.length, height: 1, data: Uint8Array.from(data) });
  it('counts labelled pixels alone', () => {
    expect(share(1, 1, 2, IGNORED)).toBeCloseTo(2 / 3);
    expect([share(IGNORED), share(4, 4)]).toEqual([1, 1]);
  });
});
