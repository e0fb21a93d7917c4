import { adamw, policies, start, Trainer, watch } from 'mesa-lab';
import { textTable } from '#lab/show/text-table';
import { deitInput } from './deit-input';

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
  await start({ threads, quiet: true });
  const { model, samples, weightsFrom, imagesFrom } = await deitInput(BATCH);
  const trainer = new Trainer({ model, batches: { next: () => samples }, optimizer: adamw({ lr: 0, weightDecay: 0 }) });
  const rows: Fidelity['rows'][number][] = [];
  for (const name of names) {
    trainer.setPolicy(policies[name as keyof typeof policies]());
    const fidelity = trainer.watch(watch.gradientFidelity({ every: 1 }));
    await trainer.step();
    trainer.unwatch(fidelity);
    const [all, ...each] = fidelity.rows as [watch.FidelityRow, ...watch.FidelityRow[]];
    const worst = each.filter(({ parameter }) => parameter.startsWith('blocks.')).reduce((a, b) => (b.cosine < a.cosine ? b : a));
    rows.push({ policy: name, cosine: all.cosine, relativeError: all.relative, worst: worst.cosine, worstName: worst.parameter });
  }
  trainer.dispose();
  model.dispose();
  return { weightsFrom, imagesFrom, rows };
}

export function fidelityTable({ weightsFrom, imagesFrom, rows }: Fidelity): string {
  const cells = rows.map((r) => [r.policy, r.cosine.toFixed(5), r.relativeError.toPrecision(3), r.worst.toFixed(4), r.worstName]);
  return `DeiT-Ti, batch ${BATCH}; weights: ${weightsFrom}; images: ${imagesFrom}\n${textTable(['gradient', 'cosine', 'relative error', 'lowest cosine of a block weight', 'which'], cells)}`;
}
