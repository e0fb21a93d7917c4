import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../../kernel-lib/engine/engine';
import { start } from '../../../kernel-lib/engine/start';
import { writeSafetensors } from '../../../kernel-lib/files/safetensors';
import { addWeights, deitTiny, listWeights, semanticFpn, vit, weightsFile } from '../../../kernel-lib/models/models';
import { weightsCatalog } from '../../../kernel-lib/models/pretrained/catalog';

const cache = mkdtempSync(join(tmpdir(), 'mesa-lab-weights-'));
const file = join(cache, 'mine.safetensors');
const size = { imageSize: 16, patchSize: 4, channels: 1, classes: 5, width: 12, depth: 4, heads: 3 };
let engine: Engine;

beforeAll(async () => {
  engine = await start({ quiet: true });
  const model = vit({ ...size, seed: 7 });
  await writeSafetensors(
    file,
    new Map([...model.params].map(([name, t]) => [name, { shape: t.shape, values: engine.read(t) as Float32Array }])),
  );
  model.dispose();
});
afterAll(() => rmSync(cache, { recursive: true }));

/** The web has this at every address. */
async function withWeb<T>(content: Buffer | null, use: () => Promise<T>): Promise<T> {
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => {
    if (content) return new Response(new Uint8Array(content));
    throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ENOTFOUND' } });
  });
  try {
    return await use();
  } finally {
    spy.mockRestore();
  }
}

describe('published weights', () => {
  it('are each told with a licence and where they are', async () => {
    for (const [name, { what, licence, url, pth, sha256 }] of await weightsCatalog()) {
      expect(what, name).toMatch(/ImageNet-1k, 224 px: \d\d\.\d % top-1$/);
      expect(licence, name).toMatch(/^(Apache-2.0|MIT) \(\w+\/[\w-]+\)$/);
      expect(url ?? pth, name).toMatch(/^https:\/\/.*\.(safetensors|pth)$/);
      expect(sha256 ?? '0'.repeat(64), name).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('are fetched once, and compared with their checksum', async () => {
    const content = readFileSync(file);
    await expect(withWeb(content, () => weightsFile('deitTiny', { cache }))).rejects.toThrow(/sha256 .*thrown away/);
    const fetched = await withWeb(content, () => weightsFile('swinSmall', { cache })); // no checksum is known beforehand
    expect(readFileSync(fetched)).toEqual(content);
    expect(await withWeb(null, () => weightsFile('swinSmall', { cache }))).toBe(fetched);
    expect((await listWeights({ cache })).filter((row) => row.file).map(({ name }) => name)).toEqual(['swinSmall']);
    writeFileSync(fetched, 'changed');
    await expect(weightsFile('swinSmall', { cache })).rejects.toThrow(/sha256 is .* it was .*mesa-lab weights get swinSmall.*\[checksum\]/);
  });

  it.each([
    ['deitTiny', /cannot be fetched \(ENOTFOUND\) \(try fetching it elsewhere, then: mesa-lab weights add deitTiny FILE\) \[offline\]/],
    [
      'pvtTiny',
      /PyTorch file only: https:.*pvt_tiny.pth \(try python .*convert-weights.py pvt_tiny.pth pvtTiny.safetensors; mesa-lab weights add/,
    ],
    ['deitHuge', /no weights .* 'deitHuge' \(try deitTiny, deitSmall, .* or the path of a .safetensors file\)/],
  ])('say without a network how to come by %s', async (name, text) => {
    await expect(withWeb(null, () => weightsFile(name, { cache }))).rejects.toThrow(text);
  });

  it('may be a file given by hand, which is kept as it is', async () => {
    const added = await addWeights('pvtTiny', file, { cache });
    expect(await weightsFile('pvtTiny', { cache })).toBe(added);
    const none = join(cache, 'none.safetensors');
    copyFileSync(__filename, none);
    await expect(addWeights('pvtTiny', none, { cache })).rejects.toThrow(/\[safetensors/);
    await expect(addWeights('mine', file, { cache })).rejects.toThrow(/no-such-weights/);
  });
});

describe('a model with pretrained weights', () => {
  it('has those of a file, and another head on request', async () => {
    const model = await vit({ ...size, seed: 1, pretrained: file });
    const other = await vit({ ...size, seed: 1, pretrained: file, classes: 7, head: 'new' });
    const random = vit({ ...size, seed: 7 });
    expect(engine.read(model.params.get('head.weight')!)).toEqual(engine.read(random.params.get('head.weight')!));
    expect(engine.read(other.params.get('pos_embed')!)).toEqual(engine.read(model.params.get('pos_embed')!));
    expect(other.params.get('head.weight')!.shape).toEqual([7, 12]);
    for (const m of [model, other, random]) m.dispose();
  });

  it('may have a backbone with them', async () => {
    const backbone = { vit: { width: 12, depth: 4, heads: 3, patchSize: 4 } };
    const model = await semanticFpn({ backbone, imageSize: 32, channels: 1, classes: 3, neckWidth: 8, headWidth: 8, pretrained: file });
    expect(model.params.get('backbone.blocks.0.attn.qkv.weight')!.shape).toEqual([36, 12]);
    model.dispose();
  });

  it('leaves nothing behind when they cannot be had', async () => {
    const before = engine.ledger.liveBytes;
    await expect(withWeb(null, async () => deitTiny({ pretrained: true, cache, depth: 1 }))).rejects.toMatchObject({ code: 'offline' });
    await expect(vit({ ...size, pretrained: file, depth: 5 })).rejects.toThrow(/missing 'blocks.4.norm1.weight'/);
    expect(engine.ledger.liveBytes).toBe(before);
  });
});
