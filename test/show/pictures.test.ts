import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { png } from '../../kernel-lib/show/png';
import type { Figure } from '../../kernel-lib/watch/figure';

const axis = (text: string) => ({ title: { text } });

const line: Figure = {
  data: [{ type: 'scatter', mode: 'lines', name: 'mesa', x: [0, 1, 2], y: new Float32Array([3, 1, 2]) }],
  layout: { title: { text: 'Loss' }, xaxis: axis('step'), yaxis: axis('loss (nats)') },
};

/** Two rows of two cells, drawn in black and white over most of the picture. */
const chessboard: Figure = {
  data: [
    {
      type: 'heatmap',
      z: [
        [0, 1],
        [1, 0],
      ],
      colorscale: [
        [0, '#000000'],
        [1, '#ff0000'],
      ],
      showscale: false,
    },
  ],
  layout: { width: 200, height: 200, margin: { l: 40, r: 40, t: 40, b: 40, pad: 0 }, xaxis: { visible: false }, yaxis: { visible: false } },
};

async function pixels(picture: Uint8Array) {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => `#${data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3).toString('hex')}`;
  const counts = new Map<string, number>();
  for (let y = 0; y < info.height; y++) for (let x = 0; x < info.width; x++) counts.set(at(x, y), (counts.get(at(x, y)) ?? 0) + 1);
  return { width: info.width, height: info.height, at, counts };
}

describe('a picture of a figure', () => {
  it('has the size of the layout times the scale', async () => {
    const { width, height } = await pixels(await png(chessboard, undefined, { scale: 3 }));
    expect([width, height]).toEqual([600, 600]);
  });

  it('shows the line in the colour of its name, axes, and text on white', async () => {
    const { width, height, counts, at } = await pixels(await png(line, undefined, { scale: 1 }));
    expect([width, height]).toEqual([760, 400]);
    expect(counts.get('#0072b2')).toBeGreaterThan(300);
    expect(counts.get('#ffffff')).toBeGreaterThan(0.8 * width * height);
    expect(counts.size).toBeGreaterThan(20); // smoothed text
    expect(at(0, 0)).toBe('#ffffff');
  });

  it('has sharp cells in a heatmap, the first row at the bottom', async () => {
    const { at } = await pixels(await png(chessboard, undefined, { scale: 1 }));
    expect([at(45, 155), at(97, 155), at(102, 155), at(155, 155)]).toEqual(['#000000', '#000000', '#ff0000', '#ff0000']);
    expect([at(45, 45), at(155, 45)]).toEqual(['#ff0000', '#000000']);
  });

  it('shows the images of a layout', async () => {
    const blue = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#0000ff' } })
      .png()
      .toBuffer();
    const image = {
      source: `data:image/png;base64,${blue.toString('base64')}`,
      x: 0,
      y: 1,
      sizex: 1,
      sizey: 1,
      xref: 'paper',
      yref: 'paper',
    };
    const { counts } = await pixels(await png({ data: [], layout: { ...chessboard.layout, images: [image] } }, undefined, { scale: 1 }));
    expect(counts.get('#0000ff')).toBeGreaterThan(10_000);
  });

  it('shows every subplot', async () => {
    const data = [1, 2, 3].map((i) => ({ type: 'bar', y: [1], marker: { color: `#0000${i}0` }, xaxis: `x${i}`, yaxis: `y${i}` }));
    const { counts } = await pixels(
      await png({ data, layout: { grid: { rows: 1, columns: 3, pattern: 'independent' } } }, undefined, { scale: 1 }),
    );
    expect(['#000010', '#000020', '#000030'].map((colour) => (counts.get(colour) ?? 0) > 2000)).toEqual([true, true, true]);
  });

  it('draws arrows', async () => {
    const arrow = {
      text: '',
      x: 0.5,
      y: 0.5,
      xref: 'paper',
      yref: 'paper',
      showarrow: true,
      ax: 50,
      ay: 0,
      arrowhead: 2,
      arrowcolor: '#00ff00',
    };
    const { counts } = await pixels(
      await png({ data: [], layout: { ...chessboard.layout, annotations: [arrow] } }, undefined, { scale: 1 }),
    );
    expect(counts.get('#00ff00')).toBeGreaterThan(20);
  });

  it('of what is no figure is an error of few words', async () => {
    const broken = { data: [], layout: { xaxis: 'x' } } as Figure;
    await expect(png(broken)).rejects.toMatchObject({ code: 'figure-not-drawn' });
    expect((await png(line)).length).toBeGreaterThan(1000);
  });

  it('is the same file every time, and small', async () => {
    const [first, second] = [await png(line), await png(line)];
    expect(Buffer.compare(first, second)).toBe(0);
    expect(first.length).toBeLessThan(40_000);
  });

  it('is written where a path says, in folders made for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mesa-lab-'));
    try {
      const path = join(folder, 'figures', 'line.png');
      const picture = await png(line, path);
      expect(Buffer.compare(picture, await readFile(path))).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('does not change the figure', async () => {
    const before = structuredClone(line);
    await png(line);
    expect(line).toEqual(before);
  });
});
