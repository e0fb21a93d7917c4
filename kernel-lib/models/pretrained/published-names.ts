import type { Graph } from '../../tape/graph';

const BUFFERS = /(^|\.)(relative_position_index|attn_mask|num_batches_tracked)$/;
const DOWNSAMPLE = /^((?:.*\.)?layers\.)(\d+)(\.downsample\..*)$/;
const BACKBONE = 'backbone.';

/**
 * What the tensors of a published file are called here, where names are timm's current ones; null for those that are no weights.
 * Known: DeiT, PVT and timm as they are; Swin as Microsoft stores it (a stage ends with its downsampling, `head.weight`); a classifier as
 * the backbone of a model that calls it `backbone.`.
 */
export function publishedNames(published: readonly string[], { params }: Graph): Map<string, string | null> {
  const rules = [backbone(published, params), downsampling(published), swinHead(params)];
  return new Map(
    published.map((name) => [name, BUFFERS.test(name) && !params.has(name) ? null : rules.reduce((renamed, rule) => rule(renamed), name)]),
  );
}

type Rule = (name: string) => string;
const same: Rule = (name) => name;

/** Whether a file holds a classifier for a model that has one as its backbone. */
export function isBackboneOf({ params }: Graph, published: readonly string[]): boolean {
  const within = (name: string): boolean => name.startsWith(BACKBONE);
  return [...params.keys()].some(within) && !published.some(within);
}

function backbone(published: readonly string[], params: Graph['params']): Rule {
  return isBackboneOf({ params } as Graph, published) ? (name) => BACKBONE + name : same;
}

/** Microsoft's stage s ends with the downsampling that timm's stage s + 1 starts with. */
function downsampling(published: readonly string[]): Rule {
  const atTheEnd = published.some((name) => DOWNSAMPLE.exec(name)?.[2] === '0');
  return atTheEnd ? (name) => name.replace(DOWNSAMPLE, (_, before, stage, after) => `${before}${Number(stage) + 1}${after}`) : same;
}

function swinHead(params: Graph['params']): Rule {
  return params.has('head.fc.weight') ? (name) => name.replace(/^head\.(weight|bias)$/, 'head.fc.$1') : same;
}
