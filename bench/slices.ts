import { dryEngine, models, policies, watch } from 'mesa-lab';
import { mebibytes } from '#lab/show/format';
import { textTable } from '#lab/show/text-table';
import type { Setting } from './settings';

export interface SlicePeaks {
  readonly setting: Setting;
  readonly rows: readonly { readonly policy: string; readonly peaks: readonly { readonly slice: number; readonly bytes: number }[] }[];
}

/** Activation peaks of a setting by how many images a block works on at once, from dry runs. */
export function slicePeaks(setting: Setting, names: readonly string[], threads: number): SlicePeaks {
  const { image, patch, width, depth, heads, classes, batch } = setting;
  const engine = dryEngine({ threads });
  const model = models.vit({ engine, imageSize: image, patchSize: patch, width, depth, heads, classes });
  const slices = [1, 2, 4, 8, 16].filter((slice) => slice <= batch);
  const rows = names.map((policy) => ({
    policy,
    peaks: slices.map((slice) => {
      const [row] = watch.compare(model, { policies: [policies[policy as keyof typeof policies]()], batch, slice }).rows;
      return { slice, bytes: row?.activationPeakBytes ?? 0 };
    }),
  }));
  model.dispose();
  return { setting, rows };
}

export function slicesTable({ setting, rows }: SlicePeaks): string {
  const slices = (rows[0]?.peaks ?? []).map(({ slice }) => `${slice} image${slice === 1 ? '' : 's'}`);
  return [
    `setting ${setting.name}: ${setting.what}; activation peak by slice`,
    textTable(
      ['peak', ...slices],
      rows.map(({ policy, peaks }) => [policy, ...peaks.map(({ bytes }) => mebibytes(bytes))]),
    ),
  ].join('\n');
}
