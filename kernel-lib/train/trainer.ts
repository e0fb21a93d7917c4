import { dispose } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Model } from '../models/model';
import type { Tape } from '../tape/api';
import type { SavePlan } from '../tape/plan';
import { policies } from '../tape/policies';
import type { Policy } from '../tape/policy';
import { createTape } from '../tape/tape';
import { accumulate, type Setting } from './accumulate';
import { type BatchSource, withNext } from './batch-source';
import { type Evaluation, type EvaluationBatches, evaluate } from './evaluate';
import { checkSamples, type Samples } from './feeds';
import { type FitOptions, type FitReport, stepRepeatedly, stepsOf } from './fit';
import type { Optimizer } from './optimizer';
import { type Owned, release, releaseWith } from './owned';
import { constant, type Schedule } from './schedule';
import type { StepReport } from './step-report';
import { trainingStep } from './training-step';
import { addMoments } from './update';

export interface TrainerOptions {
  readonly model: Model;
  readonly batches: BatchSource;
  readonly optimizer: Optimizer;
  /** How the values that backward needs are kept; `policies.mesa()` unless said. */
  readonly policy?: Policy;
  /** Learning rate by step; the optimizer's own at every step when absent. */
  readonly schedule?: Schedule;
  /** Largest norm of the whole gradient; null does not clip. */
  readonly clip?: number | null;
  /** Micro-batches that each batch is divided into: the same gradient from less memory. */
  readonly accumulate?: number;
  /** Samples that a block's forward and backward run on at once; the tape's choice when absent. */
  readonly slice?: number;
  /** Of drop path and stochastic rounding. */
  readonly seed?: number;
}

const DEFAULTS = { clip: null, accumulate: 1, seed: 0 } as const;

type Options = TrainerOptions & Required<Pick<TrainerOptions, keyof typeof DEFAULTS>>;

type PlannedTape = Tape & { readonly plan: SavePlan };

/**
 * Trains a model: forward exactly, backward from what the policy kept.
 *
 * @example
 * const trainer = new Trainer({ model, batches: cifar.train.batches({ size: 64, seed: 1 }), optimizer: adamw({ lr: 5e-4 }) });
 * const { loss, savedBytes, peakBytes } = await trainer.step();
 * await trainer.fit({ steps: 200 });
 */
export class Trainer {
  private readonly options: Options;
  private readonly schedule: Schedule;
  private readonly owned: Owned;
  private tape: PlannedTape;
  /** Names of the parameters that the tape gives gradients. */
  private trained: ReadonlySet<string>;
  private steps = 0;
  private state: 'idle' | 'busy' | 'disposed' = 'idle';

  constructor(options: TrainerOptions) {
    this.options = { ...DEFAULTS, ...options };
    checkOptions(this.options);
    const { model, optimizer } = this.options;
    this.schedule = options.schedule ?? constant(optimizer.lr);
    this.trained = trainable(model);
    this.tape = this.createTape(options.policy ?? policies.mesa());
    this.owned = { moments: new Map(), ranges: new Map() };
    addMoments(model.engine, optimizer, model.params, this.trained, this.owned.moments);
    releaseWith(this, this.owned);
  }

  /** How each value that backward reads is kept or restored. */
  get plan(): SavePlan {
    return this.tape.plan;
  }

  /** One optimizer update. When it throws, weights, moments, ranges, counters, data position and heap are as before. */
  async step(): Promise<StepReport> {
    return this.alone(() =>
      withNext(this.options.batches, (samples) => {
        const began = performance.now();
        checkSamples(this.options.model.graph, samples);
        const lr = this.schedule(this.steps);
        const { moments } = this.owned;
        const { optimizer, clip, model } = this.options;
        const outcome = trainingStep({ ...this.setting(this.tape), params: model.params, moments, optimizer, lr, clip }, samples);
        this.steps++;
        return { step: this.steps, lr, ...outcome, ms: performance.now() - began, samples: samples.count };
      }),
    );
  }

  /** Steps until a number of steps or epochs is done or the signal says stop. */
  async fit(options: FitOptions): Promise<FitReport> {
    return stepRepeatedly(() => this.step(), stepsOf(options, this.options.batches.batchesPerEpoch), options);
  }

  /** Loss and accuracy on labelled batches; changes nothing. */
  async evaluate(batches: EvaluationBatches, { top5 = false }: { readonly top5?: boolean } = {}): Promise<Evaluation> {
    return this.alone(() => evaluate(this.setting(this.tape), batches, { top5 }));
  }

  /**
   * The gradient of the mean loss by parameter, as the next step would see it; commits nothing. Under another policy than the
   * trainer's, running ranges start afresh.
   */
  async gradients(samples: Samples, { policy }: { readonly policy?: Policy } = {}): Promise<Map<string, Float32Array>> {
    return this.alone(async () => {
      checkSamples(this.options.model.graph, samples);
      const { engine } = this.options.model;
      const setting = policy ? { ...this.setting(this.createTape(policy)), ranges: new Map() } : this.setting(this.tape);
      const { gradients, ranges } = accumulate(setting, samples);
      try {
        return new Map([...gradients].map(([name, gradient]) => [name, engine.read(gradient) as Float32Array]));
      } finally {
        dispose([...gradients.values(), ...ranges.values()]);
      }
    });
  }

  /** Changes how values are kept, from the next step on; running ranges start afresh. */
  setPolicy(policy: Policy): void {
    this.refuse();
    this.tape = this.createTape(policy);
    dispose([...this.owned.ranges.values()]);
    this.owned.ranges.clear();
  }

  /** Releases what the trainer holds; the model stays. */
  dispose(): void {
    if (this.state === 'disposed') return;
    this.refuse();
    this.state = 'disposed';
    release(this.owned);
  }

  private setting(tape: Tape): Setting {
    const { model, seed, accumulate } = this.options;
    return {
      engine: model.engine,
      graph: model.graph,
      params: model.params,
      tape,
      ranges: this.owned.ranges,
      seed,
      step: this.steps,
      accumulate,
    };
  }

  private createTape(policy: Policy): PlannedTape {
    const { model, slice } = this.options;
    const { engine, graph } = model;
    const { trained } = this;
    return createTape({ engine, graph, policy, trainable: (name) => trained.has(name), ...(slice === undefined ? {} : { slice }) });
  }

  /** Follows `model.freeze` and `unfreeze`: what is trained anew gets moments; those of what is frozen wait. */
  private follow(): void {
    const { model, optimizer } = this.options;
    const trained = trainable(model);
    if ([...trained].join() === [...this.trained].join()) return;
    this.trained = trained;
    this.tape = this.createTape(this.tape.plan.policy);
    addMoments(model.engine, optimizer, model.params, trained, this.owned.moments);
  }

  /** Nothing else may run meanwhile: two steps at once would mix their bits. */
  private async alone<T>(work: () => Promise<T>): Promise<T> {
    this.refuse();
    this.state = 'busy';
    try {
      this.follow();
      return await work();
    } finally {
      this.state = 'idle';
    }
  }

  private refuse(): void {
    if (this.state === 'disposed')
      throw new MesaError('trainer-disposed', { says: 'this trainer was disposed of', try: 'new Trainer(...)' });
    if (this.state === 'busy')
      throw new MesaError('trainer-busy', { says: 'a step or an evaluation is still running', try: 'await it first' });
  }
}

function checkOptions({ accumulate, clip }: Options): void {
  if (!(Number.isInteger(accumulate) && accumulate >= 1)) {
    throw new MesaError('trainer-options', { at: 'accumulate', says: `cannot divide a batch into ${accumulate}`, try: '1 or more' });
  }
  if (clip !== null && !(clip > 0)) {
    throw new MesaError('trainer-options', { at: 'clip', says: `cannot clip to a norm of ${clip}`, try: 'clip: 1, or null' });
  }
}

function trainable({ params, frozen }: Model): ReadonlySet<string> {
  return new Set([...params.keys()].filter((name) => !frozen.has(name)));
}
