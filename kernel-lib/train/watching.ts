import type { Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import { select } from '../tape/glob';
import type { Graph, Value } from '../tape/graph';
import type { Observer } from '../tape/observer';
import type { Policy } from '../tape/policy';
import type { Part } from './micro-batches';
import type { Parameter } from './optimizer';
import type { StepReport } from './step-report';
import type { GradientWatch } from './training-step';
import type { UpdateWatch } from './update';
import type { Seen, Subject, WatchedStep, Watcher } from './watcher';

interface Entry {
  readonly watcher: Watcher;
  /** Names of the values it is told of. */
  readonly names: ReadonlySet<string>;
}

/** The watchers of a trainer. */
export class Watching {
  private readonly entries = new Map<Watcher, Entry>();

  add(watcher: Watcher, subject: Subject): void {
    if (this.entries.has(watcher)) throw new MesaError('watched-twice', { says: 'this watcher is watching already', try: 'another one' });
    const { every = 1 } = watcher;
    if (!(Number.isInteger(every) && every >= 1)) {
      throw new MesaError('watch-options', { at: 'every', says: `cannot look at every ${every} steps`, try: '1 or more' });
    }
    const entry = entryOf(watcher, subject.graph);
    watcher.attach?.(subject, entry.names);
    this.entries.set(watcher, entry);
  }

  remove(watcher: Watcher): void {
    this.entries.delete(watcher);
  }

  /** Those whose turn a step is, and `more`; null when there is nobody. */
  turn(step: WatchedStep, more: readonly Watcher[] = []): Turn | null {
    const due = [...this.entries.values()].filter(({ watcher }) => (step.step - 1) % (watcher.every ?? 1) === 0);
    const all = [...due, ...more.map((watcher) => entryOf(watcher, step.graph))];
    return all.length > 0 ? new Turn(all, step) : null;
  }
}

/** One step as its watchers see it. */
export class Turn implements GradientWatch {
  private readonly begun: Watcher[] = [];
  private readonly values: ReadonlyMap<string, Value>;

  constructor(
    private readonly entries: readonly Entry[],
    private readonly step: WatchedStep,
  ) {
    this.values = valuesOf(step.graph);
  }

  begin(): void {
    for (const { watcher } of this.entries) {
      this.begun.push(watcher);
      watcher.begin?.(this.step);
    }
  }

  /** Tells all who were told of the beginning; the first error that one of them throws comes last. */
  end(report: StepReport | undefined, setPolicy: (policy: Policy) => void): void {
    const errors: unknown[] = [];
    for (const watcher of this.begun) {
      try {
        watcher.end?.(this.step, report, setPolicy);
      } catch (e) {
        errors.push(e);
      }
    }
    if (report && errors.length > 0) throw errors[0];
  }

  /** The hooks that somebody has, for a micro-batch. */
  observe({ first }: Part): Observer {
    const { step } = this;
    const observer: { -readonly [K in keyof Observer]: Observer[K] } = {};
    const listening = (hook: keyof Watcher): Entry[] => this.entries.filter(({ watcher }) => watcher[hook]);
    const seen = (name: string, tensor: Tensor, firstSample: number): Seen => {
      const value = this.values.get(name) as Value;
      return { step, name, value, tensor, firstSample: first + firstSample, samples: (tensor.shape[0] as number) / value.spec.rows };
    };

    for (const hook of ['value', 'restored', 'derived', 'gradient'] as const) {
      const listeners = listening(hook);
      if (listeners.length === 0) continue;
      observer[hook] = (name, tensor, firstSample) => {
        for (const { watcher, names } of listeners) if (names.has(name)) watcher[hook]?.(seen(name, tensor, firstSample));
      };
    }
    const savers = listening('saved');
    if (savers.length > 0) {
      observer.saved = (name, exact, packed, firstSample) => {
        for (const { watcher, names } of savers) if (names.has(name)) watcher.saved?.({ ...seen(name, exact, firstSample), packed });
      };
    }
    const makers = listening('makes');
    if (makers.length > 0) {
      observer.makes = (name, sample) => makers.some(({ watcher, names }) => names.has(name) && watcher.makes?.(name, first + sample));
    }
    if (listening('phase').length > 0) observer.phase = (name) => this.phase(name);
    return observer;
  }

  gradients(gradients: ReadonlyMap<string, Tensor>): void {
    for (const { watcher } of this.entries) watcher.gradients?.(gradients, this.step);
  }

  update(parameters: Iterable<string>): UpdateWatch {
    const names = [...parameters];
    this.phase('update');
    const watches = this.entries.flatMap(({ watcher }) => watcher.update?.(names, this.step) ?? []);
    const tell = (when: 'before' | 'after') => (p: Parameter) => {
      for (const watch of watches) watch[when]?.(p);
    };
    return watches.length > 0 ? { before: tell('before'), after: tell('after') } : {};
  }

  private phase(name: string): void {
    for (const { watcher } of this.entries) watcher.phase?.(name, this.step);
  }
}

function entryOf(watcher: Watcher, graph: Graph): Entry {
  const known = [...valuesOf(graph).keys()];
  const { at } = watcher;
  const globs = at === undefined ? null : typeof at === 'string' ? [at] : at;
  return { watcher, names: new Set(globs ? globs.flatMap((glob) => select(glob, known)) : known) };
}

/** The values that ops make, by name. */
function valuesOf(graph: Graph): Map<string, Value> {
  return new Map(graph.segments.flatMap((s) => s.nodes).flatMap((n) => Object.values(n.outputs).map((v) => [v.name, v] as const)));
}
