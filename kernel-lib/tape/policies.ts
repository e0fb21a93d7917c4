import { derived, full, type Keep, type Match, type Policy, packed } from './policy';

// Presets are data on the one mechanism of the tape. They use roles, so they fit every model; what stands outside blocks is kept full.

const role = (name: string): Match => ({ role: name, inBlocks: true });
const inBlocks: Match = { inBlocks: true };
const anything: Match = {};

function preset(name: string, rules: readonly (readonly [Match, Keep])[]): Policy {
  return { name, rules: rules.map(([match, keep]) => ({ match, keep, optional: true })) };
}

/** Every value that backward reads, once, in full: the reference. 4(10C + HN) + 8 bytes a token a block. */
function exact(): Policy {
  const kept = [
    'normalise.xhat',
    'normalise.rstd',
    'attention.q',
    'attention.k',
    'attention.v',
    'attention.probs',
    'attention.o',
    'gelu.in',
  ];
  return preset('exact', [...kept.map((r) => [role(r), full] as const), [inBlocks, derived], [anything, full]]);
}

/** The published set (arXiv 2111.11124): 8 bits, one running range per head, stochastic rounding; 16C + HN + 16 bytes a token a block. */
function mesa(): Policy {
  const published = [
    'normalise.x',
    'normalise.out',
    'attention.q',
    'attention.k',
    'attention.v',
    'attention.probs',
    'attention.o',
    'gelu.in',
    'gelu.out',
  ];
  const perHead = packed({ bits: 8, group: 'head', range: 'running', decay: 0.9, rounding: 'stochastic' });
  return preset('mesa', [
    ...published.map((r) => [role(r), perHead] as const),
    [role('normalise.mean'), full],
    [role('normalise.rstd'), full],
    [inBlocks, derived],
    [anything, full],
  ]);
}

/** 8 bits, a range for each row and head, probabilities and GELU recomputed: 10C + 28H + 8 bytes. An extension of mesa-lab (row groups: ActNN, GACT). */
function plus(): Policy {
  return rows('plus', ['normalise.xhat', 'attention.q', 'attention.k', 'attention.v', 'attention.o', 'gelu.in']);
}

/** `plus` without the hidden layer: 6C + 24H + 8 bytes. */
function lean(): Policy {
  return rows('lean', ['normalise.xhat', 'attention.q', 'attention.k', 'attention.v', 'attention.o']);
}

/** Only the two normalised LayerNorm outputs, in 8 bits: 2C + 8H + 8 bytes (shared saves: Tempo, MS-BP). */
function norms(): Policy {
  return rows('norms', ['normalise.xhat']);
}

/** Only the first normalised LayerNorm output, in 8 bits, and the statistics: C + 4H + 16 bytes. */
function inputs(): Policy {
  return preset('inputs', [
    [{ role: 'normalise.xhat', inBlocks: true, first: true }, packed()],
    [role('normalise.mean'), full],
    [role('normalise.rstd'), full],
    [inBlocks, derived],
    [anything, full],
  ]);
}

/** The block's input in full, all else recomputed (activation checkpointing): 4C bytes; the rival to beat. */
function checkpoint(): Policy {
  return preset('checkpoint', [
    [{ blockInput: true }, full],
    [inBlocks, derived],
    [anything, full],
  ]);
}

function rows(name: string, kept: readonly string[]): Policy {
  return preset(name, [
    ...kept.map((r) => [role(r), packed()] as const),
    [role('normalise.rstd'), full],
    [inBlocks, derived],
    [anything, full],
  ]);
}

/** The presets of the design, from the reference to the smallest. `mesa` is the default of a trainer. */
export const policies: {
  readonly exact: () => Policy;
  readonly mesa: () => Policy;
  readonly plus: () => Policy;
  readonly lean: () => Policy;
  readonly norms: () => Policy;
  readonly inputs: () => Policy;
  readonly checkpoint: () => Policy;
} = { exact, mesa, plus, lean, norms, inputs, checkpoint };
