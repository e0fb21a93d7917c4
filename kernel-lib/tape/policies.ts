import { derived, full, type Keep, type Match, type Policy, packed } from './policy';

// Presets are data on the one mechanism of the tape. They use roles, so they fit every model; what stands outside blocks is kept full.

const role = (name: string): Match => ({ role: name, inBlocks: true });
const inBlocks: Match = { inBlocks: true };
const anything: Match = {};
/** What a block's convolutions read of other blocks; the inputs of later ones are made again from the normalised outputs. */
const convolved: Match = { role: 'conv2d.in', blockInput: true };
const first = (name: string): Match => ({ role: name, inBlocks: true, first: true });
const ATTENTION = ['attention.q', 'attention.k', 'attention.v', 'attention.o'];
const STATISTICS: readonly (readonly [Match, Keep])[] = ['normalise.rstd', 'batchNorm.moments'].map((r) => [role(r), full]);

/** Exact, for a row of zeros and ones has these as its range. Signs of packed values would be wrong near zero, where whole gradients hang on them. */
const signs = [role('relu.positive'), packed({ bits: 1 })] as const;

function preset(name: string, rules: readonly (readonly [Match, Keep])[]): Policy {
  return { name, rules: rules.map(([match, keep]) => ({ match, keep, optional: true })) };
}

// A convolution reads what a LayerNorm gave in PVT: that is derived from xhat, as for the linear layers.
const normalised = [role('normalise.out'), derived] as const;

/** Every value that backward reads, once, in full: the reference. 4(10C + HN) + 8 bytes a token a block. */
function exact(): Policy {
  const kept = ['normalise.xhat', ...ATTENTION, 'attention.probs', 'gelu.in', 'batchNorm.xhat', 'conv2d.in'];
  return preset('exact', [normalised, ...STATISTICS, ...kept.map((r) => [role(r), full] as const), [inBlocks, derived], [anything, full]]);
}

/** The published set (arXiv 2111.11124): 8 bits, one running range per head, stochastic rounding; 16C + HN + 16 bytes a token a block. */
function mesa(): Policy {
  const published = ['normalise.x', 'normalise.out', ...ATTENTION, 'attention.probs', 'gelu.in', 'gelu.out', 'batchNorm.x', 'conv2d.in'];
  const perHead = packed({ bits: 8, group: 'head', range: 'running', decay: 0.9, rounding: 'stochastic' });
  return preset('mesa', [
    ...published.map((r) => [role(r), perHead] as const),
    signs,
    [role('normalise.mean'), full],
    ...STATISTICS,
    [inBlocks, derived],
    [anything, full],
  ]);
}

/** 8 bits, a range for each row and head, probabilities and GELU recomputed: 10C + 28H + 8 bytes. An extension of mesa-lab (row groups: ActNN, GACT). */
function plus(): Policy {
  return rows('plus', ['normalise.xhat', ...ATTENTION, 'gelu.in', 'batchNorm.xhat', 'conv2d.in'].map(role));
}

/** `plus` without the hidden layer: 6C + 24H + 8 bytes. */
function lean(): Policy {
  return rows('lean', [...['normalise.xhat', ...ATTENTION, 'batchNorm.xhat'].map(role), convolved]);
}

/** Only the normalised outputs, in 8 bits: 2C + 8H + 8 bytes (shared saves: Tempo, MS-BP). */
function norms(): Policy {
  return rows('norms', [role('normalise.xhat'), role('batchNorm.xhat'), convolved]);
}

/** Only the first normalised LayerNorm output of a block, in 8 bits, and the statistics: C + 4H + 16 bytes. */
function inputs(): Policy {
  return rows('inputs', [first('normalise.xhat'), first('batchNorm.xhat'), convolved], [[role('normalise.mean'), full]]);
}

/** The block's input in full, all else recomputed (activation checkpointing): 4C bytes; the rival to beat. */
function checkpoint(): Policy {
  return preset('checkpoint', [
    [{ blockInput: true }, full],
    [inBlocks, derived],
    [anything, full],
  ]);
}

function rows(name: string, kept: readonly Match[], more: readonly (readonly [Match, Keep])[] = []): Policy {
  return preset(name, [
    normalised,
    ...kept.map((match) => [match, packed()] as const),
    signs,
    ...more,
    ...STATISTICS,
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
