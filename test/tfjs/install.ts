import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import { loadAddon } from '../../kernel-lib/engine/binaries';
import { HeapEngine } from '../../kernel-lib/engine/heap-engine';
import { jsMachine } from '../../kernel-lib/engine/js-machine';
import type { Machine } from '../../kernel-lib/engine/machine';
import { nativeMachine } from '../../kernel-lib/engine/native-machine';
import { wasmMachine } from '../../kernel-lib/engine/wasm-machine';

// The bundle lies elsewhere, so the runner says where the built kernels are.
const { MESA_FORM = 'js', MESA_THREADS = '1', MESA_ISA, MESA_PREBUILT = '.' } = process.env;
const threads = Number(MESA_THREADS);

function machine(): Machine {
  if (MESA_FORM === 'native') {
    return nativeMachine(loadAddon(join(MESA_PREBUILT, `mesa-${process.platform}-${process.arch}.node`)), threads, MESA_ISA || undefined);
  }
  if (MESA_FORM === 'wasm') return wasmMachine(readFileSync(join(MESA_PREBUILT, threads > 1 ? 'mesa-threads.wasm' : 'mesa.wasm')), threads);
  return jsMachine();
}

const { backendName } = new HeapEngine(machine(), { poison: true });
setTestEnvs([{ name: backendName, backendName, isDataSync: true }]);
