import type { Graph, Node } from '#lab/tape/graph';
import type { Specs } from '#lab/tape/op';

/** `groups` matrix products [m, k] [k, n]: of a layer, of its weight's gradient, or of the heads of an attention. */
export interface Product {
  readonly kind: 'layers' | 'convolutions' | 'attention';
  readonly command: 'linear' | 'linear_weight_gradient' | 'matmul';
  readonly groups: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Whether the left and the right factor lie transposed. */
  readonly ta: 0 | 1;
  readonly tb: 0 | 1;
}

export const flopsOf = ({ groups, m, n, k }: Product): number => 2 * groups * m * n * k;

/**
 * The matrix products of a training step, read off the graph: an op whose weight is a matrix (or a kernel of one for each place) is a
 * layer, whose rows follow from its operations; an op that makes probabilities is an attention.
 */
export function productsOf(graph: Graph, samples: number): Product[] {
  return graph.segments.flatMap(({ nodes }) => nodes.flatMap((node) => [...layer(graph, node, samples), ...attention(node, samples)]));
}

/** y [m, n] = x w^T, dw [n, k] = y^T x, and dx, unless x is a feed. */
function layer(graph: Graph, node: Node, samples: number): Product[] {
  const [n = 0, ...rest] = graph.params.get(node.params.weight ?? '')?.shape ?? [];
  const x = node.inputs.in;
  if (rest.length === 0 || !x) return [];
  const k = rest.reduce((a, b) => a * b);
  const m = (samples * node.op.flops(specsOf(graph, node), node.attrs)) / (2 * n * k);
  const both = { kind: (rest[1] ?? 1) > 1 ? 'convolutions' : 'layers', groups: 1, ta: 0, tb: 0 } as const;
  const forward: Product[] = [
    { ...both, command: 'linear', m, n, k, tb: 1 },
    { ...both, command: 'linear_weight_gradient', m: n, n: k, k: m, ta: 1 },
  ];
  if (x.segment === -1) return forward;
  const [rows, columns] = [samples * x.spec.rows, x.spec.dims.at(-1) as number];
  return [...forward, { ...both, command: 'linear', m: rows, n: columns, k: Math.ceil((m * n * k) / (rows * columns)) }];
}

function attention({ inputs, outputs }: Node, samples: number): Product[] {
  if (!outputs.probs || !inputs.q) return [];
  const { rows, dims } = outputs.probs.spec;
  const [heads = 1, tokens = 0, keys = 0] = dims;
  const depth = (inputs.q.spec.dims[0] as number) / heads;
  const all = { kind: 'attention', command: 'matmul', groups: samples * rows * heads } as const;
  const scores: Product = { ...all, m: tokens, n: keys, k: depth, ta: 0, tb: 1 }; // q k^T, do v^T
  const byKeys: Product = { ...all, m: tokens, n: depth, k: keys, ta: 0, tb: 0 }; // probs v, dscores k
  const byQueries: Product = { ...all, m: keys, n: depth, k: tokens, ta: 1, tb: 0 }; // probs^T do, dscores^T q
  return [scores, byKeys, scores, byQueries, byKeys, byQueries];
}

function specsOf(graph: Graph, { values, params }: Node): Specs {
  const weights = Object.entries(params).map(([slot, name]) => [slot, { rows: 1, dims: graph.params.get(name)?.shape ?? [] }]);
  return Object.fromEntries([...Object.entries(values).map(([slot, { spec }]) => [slot, spec]), ...weights]);
}
