import type { Tensor } from '@tensorflow/tfjs-core';
import type { StepReport } from './step-report';
import type { Saved, Seen, WatchedStep, Watcher } from './watcher';

/** What an event of a step tells beside its kind: the bytes that were live on the heap then. */
interface Moment {
  readonly liveBytes: number;
}

/** One event of a training step. Its tensors are there until the walk goes on. */
export type StepEvent =
  | (Moment & { readonly kind: 'phase'; readonly name: string })
  | (Moment & Seen & { readonly kind: 'value' | 'restored' | 'derived' | 'gradient' })
  | (Moment & Saved & { readonly kind: 'saved' })
  /** The bytes of a save, or of a part of one, are free again, or serve as something else. */
  | (Moment & { readonly kind: 'release'; readonly name: string; readonly bytes: number })
  | (Moment & { readonly kind: 'gradients'; readonly gradients: ReadonlyMap<string, Tensor> })
  | (Moment & { readonly kind: 'update'; readonly report: StepReport });

type Untimed = StepEvent extends infer E ? (E extends StepEvent ? Omit<E, 'liveBytes'> : never) : never;

/** A watcher that notes all that happens; `take` gives what it noted since it was last asked. */
export interface Notes {
  readonly watcher: Watcher;
  take(): StepEvent[];
}

export function takeNotes(): Notes {
  let events: StepEvent[] = [];
  let stop = (): void => {};
  const note = ({ engine }: WatchedStep, event: Untimed): void => {
    events.push({ ...event, liveBytes: engine.ledger.liveBytes } as StepEvent);
  };
  const seen = (kind: 'value' | 'restored' | 'derived' | 'gradient') => (s: Seen) => note(s.step, { kind, ...s });
  return {
    watcher: {
      begin(step) {
        stop = step.engine.ledger.listen(({ kind, category, name, bytes, from, was }) => {
          if (kind === 'release' && category === 'saves') note(step, { kind, name, bytes });
          if (from === 'saves' && category !== 'saves') note(step, { kind: 'release', name: was as string, bytes });
        });
      },
      phase: (name, step) => note(step, { kind: 'phase', name }),
      value: seen('value'),
      restored: seen('restored'),
      derived: seen('derived'),
      gradient: seen('gradient'),
      saved: (s) => note(s.step, { kind: 'saved', ...s }),
      gradients: (gradients, step) => note(step, { kind: 'gradients', gradients }),
      end(step, report) {
        stop();
        if (report) note(step, { kind: 'update', report });
      },
    },
    take() {
      const taken = events;
      events = [];
      return taken;
    },
  };
}
