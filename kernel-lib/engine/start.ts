import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import { activate } from './active';
import { MesaBackend } from './backend';
import { addonFile, loadAddon, wasmBytes } from './binaries';
import { compileAddon } from './compile';
import type { Engine } from './engine';
import { HeapEngine } from './heap-engine';
import { jsMachine } from './js-machine';
import type { Machine } from './machine';
import { nativeMachine } from './native-machine';
import { selfTest } from './self-test';
import { stockEngine } from './stock-engine';
import { threadCount } from './threads';
import { wasmMachine } from './wasm-machine';

/** Which engine to start. */
export interface StartOptions {
  /** `auto` takes the fastest that works here. `cpu` is tfjs's own backend, `tensorflow` that of tfjs-node. */
  readonly backend?: 'auto' | 'native' | 'wasm' | 'js' | 'cpu' | 'tensorflow';
  /** One a processor, up to 16, unless told. */
  readonly threads?: number;
  /** Instruction set of the native engine: `avx512`, `avx2`, `sse2` or `neon`; the best there is unless told. */
  readonly isa?: string;
  /** Fill freed memory with NaN, so that a use after free shows. */
  readonly poison?: boolean;
  /** Do not print what runs. */
  readonly quiet?: boolean;
  /** Where to look for the addon. */
  readonly addon?: string;
}

/** One way to get an engine; `open` throws where it does not work. */
interface Way {
  readonly form: 'native' | 'wasm' | 'js';
  readonly what: string;
  open(): Machine;
}

/**
 * Starts the fastest engine that works here, makes it tfjs's active backend and prints one line that says what runs and why.
 * Called again with the same options it returns the same engine.
 *
 * @example
 * const engine = await start();                     // mesa-lab: native, avx512, 2 threads
 * const slow = await start({ backend: 'js' });
 */
export async function start(options: StartOptions = {}): Promise<Engine> {
  const { backend = 'auto', quiet = false } = options;
  if (backend === 'tensorflow') {
    throw new MesaError('tensorflow-not-installed', {
      at: 'backend',
      says: 'the tensorflow backend is not there',
      try: 'npm install @tensorflow/tfjs-node (or @tensorflow/tfjs-node-gpu)',
    });
  }
  const { engine, failures } = backend === 'cpu' ? { engine: stockEngine('cpu'), failures: [] } : (running(options) ?? open(options));
  activate(engine.backendName);
  if (!quiet) console.log(describe(engine, failures));
  return engine;
}

interface Opened {
  readonly engine: Engine;
  /** Why faster ways did not work. */
  readonly failures: readonly string[];
}

/** The first way that works. */
function open(options: StartOptions): Opened {
  const failures: string[] = [];
  for (const way of ways(options)) {
    try {
      return { engine: tested(way.open(), options), failures };
    } catch (error) {
      if (error instanceof MesaError && error.code === 'no-such-isa') throw error; // another build would not have it either
      failures.push(`no ${way.what}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  throw new MesaError('no-engine', { at: 'backend', says: failures.join('; '), try: "start({ backend: 'js' })" });
}

function ways({ backend = 'auto', isa, addon = addonFile(), quiet = false, ...options }: StartOptions): Way[] {
  const threads = threadCount(options.threads);
  const say = quiet ? () => {} : console.log;
  const all: Way[] = [
    { form: 'native', what: 'prebuilt addon', open: () => nativeMachine(loadAddon(addon), threads, isa) },
    { form: 'native', what: 'compiled addon', open: () => nativeMachine(loadAddon(compileAddon(say)), threads, isa) },
    { form: 'wasm', what: 'WebAssembly', open: () => wasmMachine(wasmBytes(threads), threads) },
    { form: 'js', what: 'plain JavaScript', open: jsMachine },
  ];
  // Windows has WebAssembly: the addon is written for POSIX.
  return all.filter(({ form }) => (backend === 'auto' ? form !== 'native' || process.platform !== 'win32' : form === backend));
}

function tested(machine: Machine, options: StartOptions): HeapEngine {
  const engine = new HeapEngine(machine, { poison: options.poison ?? false, startedFor: keyOf(options) });
  try {
    selfTest(engine);
    return engine;
  } catch (error) {
    engine.remove();
    throw error;
  }
}

/** An engine that was started with these options before. tfjs's registry of backends is the only memory of it. */
function running(options: StartOptions): Opened | null {
  for (const backend of Object.values(tf.engine().registry)) {
    if (backend instanceof MesaBackend && (backend.engine as HeapEngine).startedFor === keyOf(options))
      return { engine: backend.engine, failures: [] };
  }
  return null;
}

const keyOf = ({ backend = 'auto', threads, isa = 'best', poison = false, addon = addonFile() }: StartOptions): string =>
  JSON.stringify({ backend, threads: threadCount(threads), isa, poison, addon });

function describe({ form, backendName, isa, threads }: Engine, failures: readonly string[]): string {
  const what =
    form === 'stock'
      ? `tfjs backend ${backendName}`
      : form === 'js'
        ? 'plain JavaScript'
        : `${form}, ${isa}, ${threads} thread${threads === 1 ? '' : 's'}`;
  return `mesa-lab: ${what}${failures.length > 0 ? ` (${failures.join('; ')})` : ''}`;
}
