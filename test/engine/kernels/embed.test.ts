import { describe, expect, it } from 'vitest';
import '../../matchers';
import { engineOf, forms, garbage, random, run } from './engines';

describe.each(forms)('embedding on %s', async (form) => {
  const engine = await engineOf(form);

  it.each([
    [1, 1, 2, 2, 2],
    [2, 3, 6, 9, 3],
    [3, 1, 28, 28, 4],
  ])('patches of %i x %i x %i x %i by %i', (batch, channels, height, width, patch) => {
    const images = random(batch * channels * height * width, 1);
    const want: number[] = [];
    for (let b = 0; b < batch; b++)
      for (let top = 0; top < height; top += patch)
        for (let left = 0; left < width; left += patch)
          for (let c = 0; c < channels; c++)
            for (let y = 0; y < patch; y++)
              for (let x = 0; x < patch; x++) want.push(images[((b * channels + c) * height + top + y) * width + left + x]!);
    const [, out] = run(engine, 'patches', [images, garbage(images.length), batch, channels, height, width, patch]);
    expect([...out!]).toEqual(want);
  });

  it.each([
    [1, 2, 1],
    [3, 5, 19],
    [2, 50, 33],
  ])('positions and their gradients for %i samples of %i tokens, %i wide', (batch, tokens, d) => {
    const [patches, cls, pos] = [random(batch * (tokens - 1) * d, 1), random(d, 2), random(tokens * d, 3)];
    const [, , , out] = run(engine, 'positions', [patches, cls, pos, garbage(batch * tokens * d), batch, tokens, d]);
    const dpatches = new Float64Array(patches.length);
    const [dcls, dpos] = [new Float64Array(d), new Float64Array(tokens * d)];
    const want = Float32Array.from(out!, (_, at) => {
      const [b, t, i] = [Math.floor(at / d / tokens), Math.floor(at / d) % tokens, at % d];
      const patch = (b * (tokens - 1) + t - 1) * d + i;
      if (t > 0) dpatches[patch] = out![at]!;
      else dcls[i]! += out![at]!;
      dpos[t * d + i]! += out![at]!;
      return (t > 0 ? patches[patch]! : cls[i]!) + pos[t * d + i]!;
    });
    expect(out).toEqual(want);
    const over = run(engine, 'positions_gradient', [
      out!,
      garbage(dpatches.length),
      0,
      garbage(d),
      0,
      garbage(tokens * d),
      0,
      batch,
      tokens,
      d,
    ]);
    const added = run(engine, 'positions_gradient', [out!, patches, 1, cls, 1, pos, 1, batch, tokens, d]);
    [dpatches, dcls, dpos].forEach((g, i) => {
      const before = [patches, cls, pos][i]!;
      expect(over[i + 1]!).toAgreeWith(g, 1e-6);
      expect(added[i + 1]!).toAgreeWith(
        g.map((v, j) => v + before[j]!),
        1e-6,
      );
    });
    expect(run(engine, 'positions_gradient', [out!, null, 0, garbage(d), 0, null, 0, batch, tokens, d])[1]).toEqual(over[2]);
  });

  it('takes rows of each sample, and puts their gradient back among zeros or adds it', () => {
    const [samples, tokens, first, count, d] = [4, 5, 2, 2, 7];
    const x = random(samples * tokens * d, 1);
    const taken = (i: number) => [2, 3].includes(Math.floor(i / d) % tokens);
    const rows = run(engine, 'take_rows', [x, garbage(samples * count * d), samples, tokens, first, count, d])[1]!;
    expect(rows).toEqual(x.filter((_, i) => taken(i)));
    const back = (to: Float32Array, add: number) => run(engine, 'take_rows_gradient', [rows, to, samples, tokens, first, count, d, add])[1];
    expect(back(garbage(x.length), 0)).toEqual(x.map((v, i) => (taken(i) ? v : 0)));
    expect(back(x, 1)).toEqual(x.map((v, i) => (taken(i) ? 2 * v : v)));
  });
});
