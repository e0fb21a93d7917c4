import { MesaError } from '../errors';

/** The learning rate of a step, counted from 0. */
export type Schedule = (step: number) => number;

/** The same learning rate at every step. */
export function constant(lr: number): Schedule {
  return () => lr;
}

export interface CosineOptions {
  /** At the top, where the cosine starts. */
  readonly lr: number;
  /** Steps in all; the rate stays at `minLr` after them. */
  readonly steps: number;
  /** Steps of linear warm-up, part of `steps`. */
  readonly warmup?: number;
  readonly warmupLr?: number;
  readonly minLr?: number;
}

const DEFAULTS = { warmup: 0, warmupLr: 1e-6, minLr: 1e-5 } as const;

/**
 * Linear warm-up, then half a cosine: DeiT's schedule, by steps. As in timm, the cosine counts from step 0, so that warm-up cuts its start.
 *
 * @example
 * const schedule = cosine({ lr: 5e-4, warmup: 100, steps: 2000 });
 */
export function cosine(options: CosineOptions): Schedule {
  const { lr, steps, warmup, warmupLr, minLr } = { ...DEFAULTS, ...options };
  if (!(steps > 0 && warmup >= 0 && warmup <= steps)) {
    throw new MesaError('schedule-options', { at: 'cosine', says: `warmup of ${warmup} in ${steps} steps`, try: 'warmup from 0 to steps' });
  }
  return (step) => {
    if (step < warmup) return warmupLr + ((lr - warmupLr) * step) / warmup;
    if (step >= steps) return minLr;
    return minLr + ((lr - minLr) * (1 + Math.cos((Math.PI * step) / steps))) / 2;
  };
}

export interface PolyOptions extends CosineOptions {
  readonly power?: number;
}

/**
 * A power of what is left of the steps: mmsegmentation's schedule for ADE20K. Warm-up rises to where the curve then stands, as there.
 *
 * @example
 * const schedule = poly({ lr: 1e-4, power: 0.9, minLr: 0, steps: 80_000 });
 */
export function poly(options: PolyOptions): Schedule {
  const { lr, steps, warmup, warmupLr, minLr, power } = { ...DEFAULTS, minLr: 0, power: 0.9, ...options };
  if (!(steps > 0 && warmup >= 0 && warmup <= steps && power > 0)) {
    const says = `warmup of ${warmup} in ${steps} steps, power ${power}`;
    throw new MesaError('schedule-options', { at: 'poly', says, try: 'warmup from 0 to steps, a positive power' });
  }
  return (step) => {
    const rate = minLr + (lr - minLr) * Math.max(0, 1 - step / steps) ** power;
    return step < warmup ? warmupLr + ((rate - warmupLr) * step) / warmup : rate;
  };
}
