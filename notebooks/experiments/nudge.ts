import type { models } from 'mesa-lab';

/** Moves the first weight of a model's first parameter to the next float32 away from zero. */
export function nudge({ engine, params }: models.Model): void {
  const [first] = params.values();
  if (!first) return;
  const values = engine.read(first) as Float32Array;
  new Uint32Array(values.buffer, values.byteOffset, 1)[0]! += 1;
  engine.write(first, values);
}
