// tfjs-core's own suite on our backend, with freed memory filled with NaN:
//
//   node scripts/test-tfjs.mjs [native|wasm|js|all]
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

/** Specs in tfjs-core 4.22.0 that apply to a backend of ours. A bundle from which a tool dropped tests must not look like a success. */
const specs = 4225;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bundle = join(root, 'out', 'tfjs-suite', 'bundle.cjs');
const runs = {
  native: [{ threads: 2 }, { threads: 1, isa: 'avx2' }, { threads: 1, isa: 'sse2' }],
  wasm: [{ threads: 1 }, { threads: 2 }],
  js: [{ threads: 1 }],
};

const wanted = process.argv[2] ?? 'all';
const forms = wanted === 'all' ? Object.keys(runs) : [wanted];
if (!forms.every((form) => form in runs)) throw new Error(`no form ${wanted} (there are native, wasm, js, all)`);

await build({
  entryPoints: [join(root, 'test', 'tfjs', 'entry.ts')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  mainFields: ['module', 'main'],
  ignoreAnnotations: true, // tfjs-core says that its modules have no effects, and then all tests are gone
  logLevel: 'error',
});

let failed = false;
for (const form of forms) for (const run of runs[form]) failed = !(await suite(form, run)) || failed;
process.exit(failed ? 1 : 0);

async function suite(form, { threads, isa = '' }) {
  const env = {
    ...process.env,
    MESA_FORM: form,
    MESA_THREADS: `${threads}`,
    MESA_ISA: isa,
    MESA_PREBUILT: join(root, 'kernel-lib/engine/prebuilt'),
  };
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'test/tfjs/run.cjs'), bundle], { env, maxBuffer: 2 ** 28 });
  const { passed, failed, pending, failures } = JSON.parse(stdout.slice(stdout.lastIndexOf('{"passed"')));
  console.log(
    `${form}${isa && ` ${isa}`}, ${threads} thread${threads === 1 ? '' : 's'}: ${passed} passed, ${failed} failed, ${pending} pending`,
  );
  for (const failure of failures.slice(0, 20)) console.log(`  ${failure}`);
  if (passed + failed !== specs) console.log(`  ${passed + failed} specs ran, not ${specs}`);
  return failed === 0 && passed === specs;
}
