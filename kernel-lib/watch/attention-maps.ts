import { MesaError } from '../errors';
import type { Seen, Watcher } from '../train/watcher';
import { maps } from './attention-maps-figure';
import type { Figure } from './figure';
import { type Table, tableOf } from './table';

export interface AttentionMapsOptions {
  /** Globs on values of attention probabilities. */
  readonly at?: string | readonly string[];
  /** Samples of the batch to look at. */
  readonly images?: readonly number[];
  /** Whose attention: the token of this number (0: the class token); in windows, window after window. */
  readonly query?: number;
  readonly every?: number;
}

/** What one token of one head attends to. */
export interface AttentionMap {
  readonly step: number;
  readonly value: string;
  readonly image: number;
  readonly head: number;
  /** The token that attends. */
  readonly query: number;
  /** A share for each token it may attend to; together 1. */
  readonly shares: Float32Array;
}

export interface AttentionMaps extends Watcher {
  readonly maps: readonly AttentionMap[];
  /** A line a step, value, image, head and token. */
  table(): Table;
  /** Of the last step: an image a row, a head a column; of one value, the last that `at` matches. */
  figure(options?: { readonly at?: string }): Figure;
}

/**
 * What a token attends to, for some images of the batch. Probabilities that no kernel writes are made by the plain definition.
 *
 * @example
 * const seen = trainer.watch(attentionMaps({ at: 'blocks.11.attn.probs', images: [0, 1] }));
 */
export function attentionMaps({ at = '**.attn.probs', images = [0], query = 0, every = 1 }: AttentionMapsOptions = {}): AttentionMaps {
  const seenSoFar: AttentionMap[] = [];
  let now: AttentionMap[] = [];
  const wanted = new Set(images);

  return {
    at,
    every,
    maps: seenSoFar,

    attach({ graph }, names) {
      for (const value of graph.segments.flatMap((s) => s.nodes).flatMap((n) => Object.values(n.outputs))) {
        if (!names.has(value.name)) continue;
        const { rows: windows, dims, heads } = value.spec;
        const tokens = windows * (dims[1] ?? 0);
        if (heads?.axis === 'second' && dims.length === 3 && query >= 0 && query < tokens) continue;
        throw heads?.axis === 'second'
          ? new MesaError('watch-options', { at: 'query', says: `there is no token ${query} among ${tokens}`, try: `0 to ${tokens - 1}` })
          : new MesaError('no-probabilities', {
              at: value.name,
              says: `holds no attention probabilities [heads, n, keys] but [${dims}]`,
              try: "at: '**.attn.probs'",
            });
      }
    },

    begin({ samples }) {
      now = [];
      const missing = images.find((image) => !(image >= 0 && image < samples));
      if (missing === undefined) return;
      throw new MesaError('watch-options', {
        at: 'images',
        says: `there is no image ${missing} in a batch of ${samples}`,
        try: `0 to ${samples - 1}`,
      });
    },

    makes: (_name, sample) => wanted.has(sample),

    value(seen) {
      for (const image of wanted) {
        const index = image - seen.firstSample;
        if (index >= 0 && index < seen.samples) now.push(...mapsOf(seen, index, image, query));
      }
    },

    end(_, report) {
      if (report) seenSoFar.push(...now);
    },

    table: () =>
      tableOf(
        ['step', 'value', 'image', 'head', 'query', 'token', 'share'],
        seenSoFar.flatMap(({ shares, ...map }) => [...shares].map((share, token) => ({ ...map, token, share }))),
      ),
    figure: (choice = {}) => maps(seenSoFar, choice.at),
  };
}

/** One row a head is read, [keys]: nothing larger leaves the engine. */
function mapsOf({ step, name, tensor, value }: Seen, index: number, image: number, query: number): AttentionMap[] {
  const { engine } = step;
  if (engine.form === 'dry') return [];
  const { rows: windows } = value.spec;
  const [heads = 1, tokens = 1, keys = 1] = value.spec.dims; // [b*windows, h, n, keys]
  const window = index * windows + Math.floor(query / tokens);
  const rows = engine.reshape(tensor, [tensor.size / keys, keys]);
  try {
    return Array.from({ length: heads }, (_, head) => {
      const row = engine.rows(rows, (window * heads + head) * tokens + (query % tokens), 1);
      try {
        return { step: step.step, value: name, image, head, query, shares: engine.read(row) as Float32Array };
      } finally {
        row.dispose();
      }
    });
  } finally {
    rows.dispose();
  }
}
