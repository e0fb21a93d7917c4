import type { SavePlan } from '../tape/plan';
import { planRows, planText } from '../tape/plan-table';
import type { Bundle } from './screens/screen';
import { recordsTable, tableBundle } from './table';

/** A save plan: what each value that backward reads is kept as, and the bytes of one sample. */
export function planBundle(plan: SavePlan, limit: number): Bundle {
  const rows = planRows(plan, 1).map((row) => ({
    segment: row.segment,
    value: row.value,
    'kept as': row.form,
    'bytes a sample': row.bytes + row.rangeBytes || null,
    'made from': row.from,
  }));
  const text = planText(plan, 1);
  const total = text.slice(text.lastIndexOf('\n') + 1);
  return tableBundle(recordsTable(rows), limit, total);
}
