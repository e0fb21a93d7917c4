import type { RawImage } from '../augment/image';
import type { Mixing, Pipeline } from '../augment/index';
import { mixing } from '../augment/mixing';
import { transformOf } from '../augment/transform-of';
import { type MaskCodes, toLabels } from '../decode/mask-codes';
import { readSample } from './read-sample';
import { type BadSample, badSample } from './report';
import { compact, isCancelled, isLast, type Layout, type Slot, slotOf } from './slot';
import type { Item, SharedImages } from './source';

/** All that a thread needs to make batches, as plain data. */
export interface Setup {
  readonly pipeline: Pipeline;
  readonly mixing?: Mixing | undefined;
  readonly seed: number;
  readonly memory?: SharedImages | undefined;
  readonly codes?: MaskCodes | undefined;
  readonly layout: Layout;
  readonly slots: readonly SharedArrayBuffer[];
}

/** Some samples of a batch, from number `first` on. */
export interface Task {
  readonly slot: number;
  readonly epoch: number;
  readonly batch: number;
  readonly first: number;
  readonly items: readonly Item[];
}

/** What came of a task. */
export interface Filled {
  readonly bad: readonly BadSample[];
  /** Told by whoever made the last sample of the batch. */
  readonly whole?: Whole;
}

/** What a slot holds. */
export interface Whole {
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** Makes samples: read, transform, write into the slot; the last of a batch also mixes it. The same bits in whatever thread. */
export function filler({ pipeline, mixing: recipe, seed, memory, codes, layout, slots }: Setup): (task: Task) => Promise<Filled> {
  const { picture, write } = transformOf(pipeline);
  const views = slots.map((buffer) => slotOf(buffer, layout));
  const mix = recipe && mixing(recipe);

  async function makeSample(item: Item, slot: Slot, i: number, place: number, epoch: number): Promise<void> {
    const key = { seed, epoch, place };
    const { image, mask } = picture(memory ? { image: fromMemory(memory, item.index) } : await readSample(item, codes), key);
    const pixels = image.width * image.height;
    write(image, key, slot.images.subarray(i * 3 * layout.pixels, i * 3 * layout.pixels + 3 * pixels));
    if (mask) toLabels(mask.data, slot.labels.subarray(i * layout.pixels, i * layout.pixels + pixels));
    else slot.labels[i] = item.label;
    slot.indices[i] = item.index;
    slot.shapes.set([image.height, image.width], 2 * i);
  }

  function finish(slot: Slot, epoch: number, batch: number): Whole {
    const whole = compact(slot, layout);
    if (mix && whole.count > 0) slot.targets.set(mix(mixable(slot, whole), { seed, epoch, batch }));
    return whole;
  }

  return async ({ slot: number, epoch, batch, first, items }) => {
    const slot = views[number] as Slot;
    const bad: BadSample[] = [];
    for (const [i, item] of items.entries()) {
      if (isCancelled(slot)) break;
      try {
        await makeSample(item, slot, first + i, batch * layout.size + first + i, epoch);
      } catch (e) {
        bad.push(badSample(e, item.image ?? `sample ${item.index}`));
      }
    }
    return isLast(slot, items.length) ? { bad, whole: finish(slot, epoch, batch) } : { bad };
  };
}

/** Planes of a data set in memory as a picture; a single grey one three times. */
function fromMemory({ images, channels, height, width }: SharedImages, index: number): RawImage {
  const plane = height * width;
  const data = new Uint8Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    const from = (index * channels + Math.min(c, channels - 1)) * plane;
    for (let i = 0; i < plane; i++) data[3 * i + c] = images[from + i] as number;
  }
  return { width, height, data };
}

function mixable({ images, labels }: Slot, { count, height, width }: Whole) {
  return { count, images: images.subarray(0, count * 3 * height * width), imageShape: [3, height, width], labels };
}
