import { adamw, models, policies, start, Trainer } from 'mesa-lab';
import { type DeitInput, deitInput } from '#lab/cli/quickstart/deit-input';
import { compare } from '#lab/cli/quickstart/deit-steps';
import { textTable } from '#lab/show/text-table';

export interface Fidelity {
  readonly weightsFrom: string;
  readonly imagesFrom: string;
  readonly rows: readonly {
    readonly policy: string;
    readonly cosine: number;
    readonly relativeError: number;
    readonly worst: number;
    readonly worstName: string;
  }[];
}

const BATCH = 16;

/** The gradient of DeiT-Ti under each policy against that under `exact`. */
export async function fidelity(names: readonly string[], threads: number): Promise<Fidelity> {
  const engine = await start({ threads, quiet: true });
  const { weights, samples, weightsFrom, imagesFrom }: DeitInput = await deitInput(BATCH);
  const model = models.deitTiny({ engine, seed: 1 });
  if (weights) model.load(weights);
  const trainer = new Trainer({ model, batches: { next: () => samples }, optimizer: adamw({ lr: 0, weightDecay: 0 }) });
  const exact = await trainer.gradients(samples, { policy: policies.exact() });
  const rows: Fidelity['rows'][number][] = [];
  for (const policy of names) {
    const gradients = await trainer.gradients(samples, { policy: policies[policy as keyof typeof policies]() });
    const each = [...exact]
      .filter(([name]) => name.startsWith('blocks.'))
      .map(([name, g]) => ({ name, ...compare(gradients, new Map([[name, g]])) }));
    const worst = each.reduce((a, b) => (b.cosine < a.cosine ? b : a));
    rows.push({ policy, ...compare(gradients, exact), worst: worst.cosine, worstName: worst.name });
  }
  trainer.dispose();
  model.dispose();
  return { weightsFrom, imagesFrom, rows };
}

export function fidelityTable({ weightsFrom, imagesFrom, rows }: Fidelity): string {
  const cells = rows.map((r) => [r.policy, r.cosine.toFixed(5), r.relativeError.toPrecision(3), r.worst.toFixed(4), r.worstName]);
  return `DeiT-Ti, batch ${BATCH}; weights: ${weightsFrom}; images: ${imagesFrom}\n${textTable(['gradient', 'cosine', 'relative error', 'lowest cosine of a block weight', 'which'], cells)}`;
}
