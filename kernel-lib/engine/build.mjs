// Builds the C kernels.
//
//   node kernel-lib/engine/build.mjs [--target linux-x64,wasm,...|all]   into prebuilt/, with a pinned zig: same source, same bytes
//   node kernel-lib/engine/build.mjs --check [--target ...]              rebuilds and compares with prebuilt/
//   node kernel-lib/engine/build.mjs --cc gcc --out FILE                 for this machine, with a compiler of its own
//
// zig is the PyPI wheel, installed on demand into .venv-zig (101 MB), or that of the Python that MESA_ZIG_PYTHON names.
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const zigVersion = '0.17.1';
const here = dirname(fileURLToPath(import.meta.url));
const kernels = join(here, 'kernels');
const prebuilt = join(here, 'prebuilt');

// Contraction is off: what fuses says so in the source. Never -ffast-math: it breaks the rounding in `exponential`.
const optimise = ['-O3', '-fno-math-errno', '-fno-trapping-math', '-ffp-contract=off', '-fvisibility=hidden', '-Wno-unknown-pragmas'];
const vectors = (isa, bytes, ...flags) => ({ isa, flags: [`-DVECTOR_BYTES=${bytes}`, `-DISA=${isa}`, ...flags] });
const x64 = [
  vectors('sse2', 16),
  vectors('avx2', 32, '-mavx2', '-mfma'),
  vectors('avx512', 64, '-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq', '-mfma', '-mprefer-vector-width=512'),
];
const arm64 = [vectors('neon', 16)];
const simd128 = [vectors('simd128', 16, '-msimd128', '-mbulk-memory')];
const apple = ['-Wl,-undefined,dynamic_lookup'];

const targets = {
  'linux-x64': { file: 'mesa-linux-x64.node', triple: 'x86_64-linux-gnu.2.17', isas: x64, link: ['-pthread', '-ldl'] },
  'linux-arm64': { file: 'mesa-linux-arm64.node', triple: 'aarch64-linux-gnu.2.17', isas: arm64, link: ['-pthread', '-ldl'] },
  'darwin-arm64': { file: 'mesa-darwin-arm64.node', triple: 'aarch64-macos', isas: arm64, link: apple },
  'darwin-x64': { file: 'mesa-darwin-x64.node', triple: 'x86_64-macos', isas: x64, link: apple },
  wasm: { file: 'mesa.wasm', triple: 'wasm32-freestanding', isas: simd128, wasm: [], link: [] },
  'wasm-threads': {
    file: 'mesa-threads.wasm',
    triple: 'wasm32-freestanding',
    isas: simd128,
    wasm: ['-matomics'],
    link: ['-matomics', '-mbulk-memory', '-Wl,--shared-memory', '-Wl,--max-memory=4294901760'],
  },
};
const linkWasm = [
  '-nostdlib',
  '-Wl,--no-entry',
  '-Wl,--import-memory',
  '-Wl,--export=__stack_pointer',
  '-Wl,--export=__heap_base',
  '-Wl,-z,stack-size=65536',
  '-Wl,--strip-all',
];

const run = promisify(execFile);

function zigPython() {
  if (process.env.MESA_ZIG_PYTHON) return process.env.MESA_ZIG_PYTHON;
  const venv = resolve(here, '../../.venv-zig');
  const python = join(venv, 'bin', 'python');
  if (!existsSync(python)) {
    console.log(`installing zig ${zigVersion} (101 MB) into ${venv}`);
    execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '-q', `ziglang==${zigVersion}`], { stdio: 'inherit' });
  }
  return python;
}

/** Node-API's headers: of the package, else those that come with Node. */
function headers() {
  let include = resolve(process.execPath, '../../include/node');
  try {
    include = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  } catch {}
  return ['-I', include, '-DNODE_API_EXTERN='];
}

/** Compiles one object for each instruction set and one for the platform, and links them; `compiler` is a command line. */
async function build(compiler, target, out) {
  const [command, ...first] = compiler;
  const folder = mkdtempSync(join(tmpdir(), 'mesa-build-'));
  const extra = target.wasm ?? ['-fPIC'];
  const compile = async (source, name, flags) => {
    const object = `${name}.o`;
    await run(command, [...first, ...optimise, ...extra, ...flags, '-c', source, '-o', join(folder, object)], { cwd: kernels });
    return object;
  };
  try {
    const platformObject = target.wasm
      ? compile('wasm.c', 'wasm', ['-msimd128', '-mbulk-memory', '-fno-builtin'])
      : compile('native.c', 'native', headers());
    const objects = await Promise.all([...target.isas.map((v) => compile('kernels.c', v.isa, v.flags)), platformObject]);
    mkdirSync(dirname(out), { recursive: true });
    // Linked under a fixed name in a fixed order: macOS writes the name into the file.
    const link = [...(target.wasm ? linkWasm : ['-shared', '-s']), ...objects, ...target.link, '-o', target.file];
    await run(command, [...first, ...link], { cwd: folder });
    // Not written in place: a process that has the old file loaded would crash.
    copyFileSync(join(folder, target.file), `${out}.new`);
    renameSync(`${out}.new`, out);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function buildWithZig(names, folder) {
  const python = zigPython();
  for (const name of names) {
    const target = targets[name];
    if (!target) throw new Error(`no target ${name} (there are ${Object.keys(targets).join(', ')})`);
    await build([python, '-m', 'ziglang', 'cc', '-target', target.triple, '-fno-sanitize=all'], target, join(folder, target.file));
    console.log(`${target.file}: ${readFileSync(join(folder, target.file)).length} bytes`);
  }
}

async function check(names) {
  const folder = mkdtempSync(join(tmpdir(), 'mesa-check-'));
  try {
    await buildWithZig(names, folder);
    const differ = names
      .map((name) => targets[name].file)
      .filter((file) => !existsSync(join(prebuilt, file)) || !readFileSync(join(folder, file)).equals(readFileSync(join(prebuilt, file))));
    if (differ.length) throw new Error(`${differ.join(', ')} in ${prebuilt} is not what the source gives: run build.mjs and commit`);
    console.log('prebuilt is what the source gives');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { values } = parseArgs({
  options: { target: { type: 'string', default: 'all' }, cc: { type: 'string' }, out: { type: 'string' }, check: { type: 'boolean' } },
});
const names = values.target === 'all' ? Object.keys(targets) : values.target.split(',');
if (values.cc) {
  const target = targets[`${platform()}-${arch()}`];
  if (!target || !values.out) throw new Error(target ? 'where to? (try --out FILE)' : `no native build for ${platform()}-${arch()}`);
  await build([values.cc], target, resolve(values.out));
} else if (values.check) await check(names);
else await buildWithZig(names, prebuilt);
