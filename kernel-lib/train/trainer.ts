import { dispose } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Model } from '../models/model';
import type { Tape } from '../tape/api';
import type { SavePlan } from '../tape/plan';
import { policies } from '../tape/policies';
import type { Policy } from '../tape/policy';
import { drain, type Stepwise } from '../tape/stepwise';
import { createTape } from '../tape/tape';
import { accumulate, disposeOf, type Setting } from './accumulate';
import { type BatchSource, withNext } from './batch-source';
import { type Evaluation, type EvaluationBatches, type EvaluationOptions, evaluate } from './evaluate';
import { checkSamples, type Samples } from './feeds';
import { type FitOptions, type FitReport, stepRepeatedly, stepsOf } from './fit';
import type { Optimizer } from './optimizer';
import { type Owned, release, releaseWith } from './owned';
import { predict } from './predict';
import { constant, type Schedule } from './schedule';
import type { StepReport } from './step-report';
import { walkTrainingStep } from './training-step';
import { addMoments } from './update';
import { type StepEvent, takeNotes } from './walk';
import type { Subject, WatchedStep, Watcher } from './watcher';
import { type Turn, Watching } from './watching';

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
  private readonly watching: Watching = new Watching();
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
    let turn: Turn | null = null;
    let report: StepReport | undefined;
    try {
      report = await this.alone(() =>
        withNext(this.options.batches, (samples) => {
          turn = this.turn(samples);
          return drain(this.oneStep(samples, turn));
        }),
      );
    } finally {
      (turn as Turn | null)?.end(report, (policy) => this.setPolicy(policy));
    }
    return report;
  }

  /**
   * One step as a stream of events, to stop at and look, with the same bits as `step()`. Left before its end it never happened:
   * weights, ranges and data position are as before.
   *
   * @example
   * for await (const e of trainer.walk()) if (e.kind === 'saved') console.log(e.name, e.packed?.bytes ?? 'in full', e.liveBytes);
   */
  async *walk(): AsyncGenerator<StepEvent, StepReport, undefined> {
    const notes = takeNotes();
    const { batches } = this.options;
    this.begin();
    const position = batches.state?.();
    let [turn, work, report]: [Turn?, Stepwise<StepReport>?, StepReport?] = [];
    try {
      this.follow();
      const samples = await batches.next();
      turn = this.turn(samples, [notes.watcher]) as Turn;
      work = this.oneStep(samples, turn);
      for (let next = work.next(); ; next = work.next()) {
        if (next.done) {
          report = next.value;
          break;
        }
        yield* notes.take();
      }
    } finally {
      work?.return(undefined as never);
      if (!report && position !== undefined) batches.restore?.(position);
      this.state = 'idle';
      turn?.end(report, (policy) => this.setPolicy(policy));
    }
    yield* notes.take();
    return report;
  }

  /**
   * Lets a watcher look on from the next step on, until `unwatch` or, with `using`, until the scope ends.
   *
   * @example
   * const heads = trainer.watch(watch.headError({ at: 'blocks.*.attn.*' }));
   */
  watch<W extends Watcher>(watcher: W): W & Disposable {
    this.watching.add(watcher, this.subject());
    return Object.assign(watcher, { [Symbol.dispose]: () => this.unwatch(watcher) });
  }

  /** Ends a watch; what was recorded stays. */
  unwatch(watcher: Watcher): void {
    this.watching.remove(watcher);
  }

  /** Steps until a number of steps or epochs is done, or the signal or an Interrupt (Ctrl-C, the notebook's stop button) says stop. */
  async fit(options: FitOptions): Promise<FitReport> {
    return stepRepeatedly(() => this.step(), stepsOf(options, this.options.batches.batchesPerEpoch), options);
  }

  /** Loss and accuracy on labelled batches, and of maps intersection over union; changes nothing. */
  async evaluate(batches: EvaluationBatches, options: EvaluationOptions = {}): Promise<Evaluation> {
    return this.alone(() => evaluate(this.setting(this.tape), batches, options));
  }

  /** The class with the largest logit of each sample, [count], or of each pixel, [count, height, width]; changes nothing. */
  async predict(samples: Samples): Promise<Int32Array> {
    return this.alone(async () => predict(this.setting(this.tape), samples));
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
      const { gradients, ranges, buffers } = accumulate(setting, samples);
      try {
        return new Map([...gradients].map(([name, gradient]) => [name, engine.read(gradient) as Float32Array]));
      } finally {
        disposeOf({ gradients, ranges, buffers });
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

  private *oneStep(samples: Samples, turn: Turn | null): Stepwise<StepReport> {
    const began = performance.now();
    checkSamples(this.options.model.graph, samples);
    turn?.begin();
    const lr = this.schedule(this.steps);
    const { moments } = this.owned;
    const { optimizer, clip, model } = this.options;
    const watched = turn && { watch: turn, observe: turn.observe.bind(turn) };
    const training = { ...this.setting(this.tape), ...watched, params: model.params, moments, optimizer, lr, clip };
    const outcome = yield* walkTrainingStep(training, samples);
    this.steps++;
    return { step: this.steps, lr, ...outcome, ms: performance.now() - began, samples: samples.count };
  }

  private subject(): Subject {
    const { engine, graph, params } = this.options.model;
    return { engine, graph, params, plan: this.plan, ranges: this.owned.ranges };
  }

  private turn(samples: Samples, more: readonly Watcher[] = []): Turn | null {
    const step: WatchedStep = {
      ...this.subject(),
      step: this.steps + 1,
      samples: samples.count,
      gradientsUnder: (policy) => {
        const { gradients, ranges, buffers } = accumulate({ ...this.setting(this.createTape(policy)), ranges: new Map() }, samples);
        disposeOf({ ranges, buffers });
        return gradients;
      },
    };
    return this.watching.turn(step, more);
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
    this.begin();
    try {
      await null; // out of a cell's synchronous part, which an Interrupt cuts off without running any `finally`
      this.follow();
      return await work();
    } finally {
      this.state = 'idle';
    }
  }

  private begin(): void {
    this.refuse();
    this.state = 'busy';
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

function trainable({ graph, frozen }: Model): ReadonlySet<string> {
  return new Set([...graph.params.values()].filter((p) => !p.buffer && !frozen.has(p.name)).map((p) => p.name));
}
