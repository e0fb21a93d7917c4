/** A column as it is shown: numbers to the right with their points under each other, all else to the left. */
export interface Column {
  readonly isNumeric: boolean;
  readonly cells: readonly string[];
}

const SIGNIFICANT = 3; // digits that the smallest number of a column gets
const MOST_DECIMALS = 6;

/** The cells of a column, numbers with as many decimals as its smallest one needs. */
export function column(values: readonly unknown[]): Column {
  const numbers = values.filter((v) => typeof v === 'number' || typeof v === 'bigint');
  const isNumeric =
    numbers.length > 0 && values.every((v) => v === null || v === undefined || typeof v === 'number' || typeof v === 'bigint');
  if (!isNumeric) return { isNumeric, cells: values.map(plainText) };
  const format = formatFor(numbers.map(Number).filter((x) => Number.isFinite(x)));
  return {
    isNumeric,
    cells: values.map((v) => (v === null || v === undefined ? '' : Number.isFinite(Number(v)) ? format(Number(v)) : String(v))),
  };
}

function formatFor(numbers: readonly number[]): (x: number) => string {
  const sizes = numbers.map(Math.abs).filter((x) => x > 0);
  if (numbers.every(Number.isInteger)) return (x) => x.toLocaleString('en-US');
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  if (largest >= 1e7 || largest < 1e-3) return (x) => (x === 0 ? '0' : x.toExponential(SIGNIFICANT - 1));
  const digits = Math.min(MOST_DECIMALS, Math.max(0, SIGNIFICANT - 1 - Math.floor(Math.log10(smallest))));
  return (x) => x.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function plainText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
