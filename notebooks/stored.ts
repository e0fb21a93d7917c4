// Results of a notebook that needs data: measured where the data is, else as a run with it stored them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface File {
  made: string;
  command: string;
  results: Record<string, unknown>;
}

export interface StoredResults {
  /** One line that says where the numbers of this notebook come from. */
  origin(): string;
  /** What `work` gives; without data what it gave when it was stored. MESA_STORE=1 stores it. */
  measured<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** The results of a notebook by its file name without ending; `isReal` says whether this run has the data to measure them. */
export function storedResults(notebook: string, isReal: boolean): StoredResults {
  const file = join(process.cwd(), `data/${notebook}.json`);
  const stored: File = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { made: '', command: '', results: {} };
  return {
    origin() {
      if (isReal) return 'Measured in this run.';
      return `STORED RESULTS, not measured in this run (no data here; MESA_DATA names its folder). Made ${stored.made} by: ${stored.command}`;
    },
    async measured<T>(name: string, work: () => Promise<T>): Promise<T> {
      if (!isReal) return stored.results[name] as T;
      const result = await work();
      if (process.env.MESA_STORE) {
        stored.made = new Date().toISOString().slice(0, 10);
        stored.command = `MESA_STORE=1 npx mesa-lab notebook run notebooks/${notebook}.ipynb`;
        stored.results[name] = result;
        writeFileSync(file, `${JSON.stringify(stored, (_, x) => (typeof x === 'number' ? Number(x.toPrecision(5)) : x))}\n`);
      }
      return result;
    },
  };
}
