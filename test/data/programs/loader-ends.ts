// What becomes of a process with a loader: `node --expose-gc --require typescript-in-workers.cjs loader-ends.ts FOLDER CASE`.
import type { Loader } from '../../../kernel-lib/data/loader/loader';
import { imageFolder } from '../../../kernel-lib/data/sets/image-folder';

/** Threads of this process that Node knows. */
const workers = (): number => (process.report.getReport() as unknown as { workers: unknown[] }).workers.length;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

const cases: Record<string, (start: () => Loader) => Promise<void>> = {
  /** Batches are under way when the program is over. */
  async idle(start) {
    const { indices } = await start().next();
    console.log(`a batch of ${indices.length}`);
  },
  async exit(start) {
    await start().next(); // the next ones are being made
    await turn();
    process.exit(3);
  },
  async disposed(start) {
    const loader = start();
    await loader.next();
    const before = workers();
    loader.dispose();
    while (workers() > 0) await turn();
    console.log(`${before} workers, then none`);
  },
  async unreachable(start) {
    const before = await (async () => {
      await start().next();
      return workers();
    })();
    while (workers() > 0) {
      globalThis.gc?.();
      await turn();
    }
    console.log(`${before} workers, then none`);
  },
};

async function main([folder, name]: string[]): Promise<void> {
  const images = await imageFolder(folder as string);
  await cases[name as string]?.(() => images.batches({ size: 20, workers: 2, pipeline: { kind: 'classification', size: 64 } }));
}

void main(process.argv.slice(2));
