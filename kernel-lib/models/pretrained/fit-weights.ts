import { MesaError } from '../../errors';
import type { Graph } from '../../tape/graph';
import { nameList } from '../name-list';
import { isBackboneOf, publishedNames } from './published-names';
import { resizeWeight, type Weight } from './resize-weights';

/** Weights by parameter name, as read from a file. */
export type Weights = ReadonlyMap<string, Weight>;

export interface LoadOptions {
  /** Every parameter must be given and every given one be known. */
  readonly strict?: boolean;
  /** `new`: the last layer keeps its random start, for other classes. */
  readonly head?: 'new';
}

/** What did not come from the file as it is. */
export interface LoadReport {
  /** Parameters that keep what they have. */
  readonly missing: string[];
  /** Tensors of the file that the model has no use for. */
  readonly unexpected: string[];
  /** Position embeddings and tables that were resampled for another size of image or window. */
  readonly resized: string[];
}

/** What a classifier has that a backbone has not, and the other way round. */
const BEHIND_BACKBONE = /^backbone\.(head\.|norm\.|fc_norm\.|cls_token$)/;
const ADDED_TO_BACKBONE = /^(?!backbone\.)|^backbone\.norm\d\./;
const ADAPTER = /\.lora_[ab]$/;

/** The weights of a file under the names and in the sizes of a model. Whatever does not match is an error that lists it. */
export function fitWeights(graph: Graph, published: Weights, { strict = true, head }: LoadOptions = {}): LoadReport & { weights: Weights } {
  const names = [...published.keys()];
  const renamed = publishedNames(names, graph);
  const fresh = new Set(head === 'new' ? headOf(graph) : []);
  const asBackbone = isBackboneOf(graph, names);
  const weights = new Map<string, Weight>();
  const [, height = 1, width = 1] = graph.feeds.images?.spec.dims ?? [];
  const misshapen = new Map<string, string>();
  const [unexpected, resized]: [string[], string[]] = [[], []];

  for (const [name, weight] of published) {
    const ours = renamed.get(name);
    if (ours === null || ours === undefined || fresh.has(ours)) continue;
    const spec = graph.params.get(ours);
    if (!spec) {
      if (!(asBackbone && BEHIND_BACKBONE.test(ours))) unexpected.push(name);
      continue;
    }
    const fits = weight.shape.join() === spec.shape.join() && weight.data.length === spec.shape.reduce((a, b) => a * b, 1);
    const fitted = fits ? weight : resizeWeight(ours, weight, spec.shape, height / width);
    if (fitted) weights.set(ours, fitted);
    else misshapen.set(ours, `[${weight.shape}] where the model has [${spec.shape}]`);
    if (fitted && !fits) resized.push(ours);
  }
  const missing = [...graph.params.keys()].filter((name) => !weights.has(name) && !misshapen.has(name));
  const lacking = missing.filter((name) => !fresh.has(name) && !ADAPTER.test(name) && !(asBackbone && ADDED_TO_BACKBONE.test(name)));
  if (misshapen.size > 0 || (strict && lacking.length + unexpected.length > 0)) {
    throw mismatch(misshapen, strict ? lacking : [], strict ? unexpected : []);
  }
  return { weights, missing, unexpected, resized };
}

/** The parameters of the layer that makes the logits. */
function headOf({ segments, results }: Graph): string[] {
  const nodes = segments.flatMap((s) => s.nodes);
  const last = nodes.find(({ outputs }) => Object.values(outputs).some((v) => v === results.logits));
  if (!last) throw new MesaError('no-logits', { says: "the model names no result 'logits', so it has no head to replace" });
  return Object.values(last.params);
}

/** What does not fit, by name: each pair of shapes, and each kind of name, once. */
function mismatch(misshapen: ReadonlyMap<string, string>, missing: readonly string[], unexpected: readonly string[]): MesaError {
  const shapes = [...new Set(misshapen.values())].map((shape) => {
    const names = [...misshapen].filter((entry) => entry[1] === shape).map(([name]) => name);
    return `${nameList(names)} ${names.length === 1 ? 'is' : 'are'} ${shape}`;
  });
  const says = [
    ...shapes,
    ...(missing.length > 0 ? [`missing ${nameList(missing)}`] : []),
    ...(unexpected.length > 0 ? [`unexpected ${nameList(unexpected)}`] : []),
  ].join('; ');
  const instead = misshapen.size > 0 ? "the model's own options, and { head: 'new' } for other classes" : '{ strict: false }';
  return new MesaError('weights-do-not-match', { says, try: instead });
}
