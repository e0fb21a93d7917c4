import { add, div, mul, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Optimizer } from './optimizer';

export interface AdamWOptions {
  readonly lr: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weightDecay?: number;
  /** Which parameters decay. */
  readonly decays?: (name: string, shape: readonly number[]) => boolean;
  /** What a parameter's learning rate is multiplied by, as that of a new head. */
  readonly rate?: (name: string, shape: readonly number[]) => number;
}

const DEFAULTS = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.05, decays: decaysByDefault, rate: () => 1 } as const;
const UNDECAYED = /(^|\.)(bias|pos_embed|absolute_pos_embed|cls_token|dist_token|relative_position_bias_table)$/;

/** Matrices and kernels decay; biases, 1-D parameters, position embeddings and tokens do not: timm's rule. */
export function decaysByDefault(name: string, shape: readonly number[]): boolean {
  return shape.length > 1 && !UNDECAYED.test(name);
}

/**
 * AdamW: Adam with weight decay apart from the gradient.
 *
 * @example
 * const optimizer = adamw({ lr: 5e-4, weightDecay: 0.05 });
 */
export function adamw(options: AdamWOptions): Optimizer {
  const { lr, betas, eps, weightDecay, decays, rate } = { ...DEFAULTS, ...options };
  const [beta1, beta2] = betas;
  if (!(lr >= 0 && eps > 0 && weightDecay >= 0 && beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
    throw new MesaError('optimizer-options', {
      at: 'adamw',
      says: `lr ${lr}, betas [${betas}], eps ${eps}, weightDecay ${weightDecay}`,
      try: 'lr and weightDecay >= 0, eps > 0, betas from 0 to below 1',
    });
  }
  const decayOf = (name: string, shape: readonly number[]): number => (decays(name, shape) ? weightDecay : 0);

  return {
    name: 'adamw',
    lr,
    slots: ['m', 'v'],

    command({ name, shape, values }, c) {
      const { weight, gradient, m, v } = values as Record<string, Tensor> as { weight: Tensor; gradient: Tensor; m: Tensor; v: Tensor };
      const corrections = [1 - beta1 ** c.update, 1 - beta2 ** c.update];
      const decay = decayOf(name, shape);
      return {
        name: 'adamw',
        args: [weight, gradient, m, v, weight.size, c.lr * rate(name, shape), beta1, beta2, eps, decay, ...corrections, c.scale],
      };
    },

    plain({ name, shape, values }, c) {
      const {
        weight,
        gradient,
        m: m0,
        v: v0,
      } = values as Record<string, Tensor> as { weight: Tensor; gradient: Tensor; m: Tensor; v: Tensor };
      const g = mul(gradient, c.scale);
      const m = add(mul(m0, beta1), mul(g, 1 - beta1));
      const v = add(mul(v0, beta2), mul(square(g), 1 - beta2));
      const direction = div(div(m, 1 - beta1 ** c.update), add(sqrt(div(v, 1 - beta2 ** c.update)), eps));
      return { weight: sub(weight, mul(add(direction, mul(weight, decayOf(name, shape))), c.lr * rate(name, shape))), m, v };
    },
  };
}
