import { getKernelsForBackend, type KernelConfig, registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type { MesaBackend } from './backend';
import { cast } from './kernels/cast';
import { elementwise } from './kernels/elementwise';
import { matmul } from './kernels/matmul';
import { move } from './kernels/move';
import { reduce } from './kernels/reduce';
import type { Replacement, Replacements } from './kernels/replacement';
import { share } from './kernels/share';

/**
 * Registers all kernels of the stock `cpu` backend for ours. A replacement answers first; where it declines (a type or a broadcast
 * that the C commands lack) the stock kernel runs on views of our heap.
 */
export function installKernels(backend: MesaBackend, backendName: string): void {
  const commands: Replacements =
    backend.machine.commands || backend.machine.form === 'dry' ? { ...elementwise, ...matmul, ...move, ...reduce } : {};
  const replacements: Replacements = { ...commands, ...share, ...cast };
  for (const stock of getKernelsForBackend('cpu')) {
    registerKernel({ ...stock, backendName, kernelFunc: replaced(backend, stock, replacements[stock.kernelName]) });
  }
}

function replaced(backend: MesaBackend, { kernelName, kernelFunc }: KernelConfig, replacement?: Replacement): KernelConfig['kernelFunc'] {
  const stock: KernelConfig['kernelFunc'] = (call) => backend.stock(kernelName, () => kernelFunc(call));
  if (!replacement) return stock;
  return (call) => {
    const inputs = call.inputs as Record<string, TensorInfo>;
    return backend.within(kernelName, () => replacement(backend, inputs, call.attrs ?? {})) ?? stock(call);
  };
}
