import { Worker } from 'node:worker_threads';
import type { Chunk } from './heap';
import { type Machine, programLength } from './machine';

/** Part of the global `WebAssembly`, whose types are only in TypeScript's library for browsers. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};
interface WasmMemory {
  readonly buffer: ArrayBufferLike;
}

/** What the module (kernels/wasm.c) exports. */
interface Exports {
  readonly __heap_base: { readonly value: number };
  /** Address of a command's name, 0 after the last. */
  command(id: number): number;
  run(program: number, count: number, threads: number): void;
}

const pageBytes = 65536;
/** All of the address space at once, because growing would detach every view; pages come when they are touched. */
const pages = 65535;
const stackBytes = 1 << 18;

/** A worker lives in C: it waits for programs inside the module. */
const worker = `
const { workerData: { module, memory, stack, thread } } = require('node:worker_threads');
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
exports.__stack_pointer.value = stack;
exports.work(thread);
`;

/** C kernels as WebAssembly; with more than one thread `bytes` must be the build for threads. */
export function wasmMachine(bytes: Uint8Array, threads: number): Machine {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: threads > 1 });
  const module = new WebAssembly.Module(bytes);
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
  let top = Math.ceil(exports.__heap_base.value / pageBytes) * pageBytes;
  const take = (n: number) => {
    top += n;
    return top - n;
  };

  const program = take(programLength * 8);
  const workers = Array.from({ length: threads - 1 }, (_, i) => {
    const stack = take(stackBytes) + stackBytes;
    return new Worker(worker, { eval: true, workerData: { module, memory, stack, thread: i + 1 } });
  });
  for (const w of workers) w.unref();
  let chunk: Chunk | null = { address: top, bytes: pages * pageBytes - top, buffer: memory.buffer, bufferAddress: 0 };
  return {
    form: 'wasm',
    isa: 'simd128',
    threads,
    commands: commandsOf(exports, memory),
    program: new Float64Array(memory.buffer, program, programLength),
    grow(wanted) {
      const only = chunk && chunk.bytes >= wanted ? chunk : null;
      if (only) chunk = null;
      return only;
    },
    giveBack: () => 0, // pages are used again, but WebAssembly has no way to give them back
    run: (count) => exports.run(program, count, threads),
    close() {
      for (const w of workers) void w.terminate();
    },
  };
}

function commandsOf(exports: Exports, memory: WasmMemory): string[] {
  const text = new Uint8Array(memory.buffer);
  const names: string[] = [];
  for (let at = exports.command(0); at; at = exports.command(names.length)) {
    names.push(String.fromCharCode(...text.slice(at, text.indexOf(0, at))));
  }
  return names;
}
