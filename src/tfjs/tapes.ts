import type { TensorFlow } from './tf.ts';

/** What is freed when the tape that was active when it was made is no longer the active one. */
export interface Tapes {
  /** Calls `release` once the active tape has ended and `collect` is called. */
  hold(release: () => void): void;
  /** Frees what belongs to tapes that have ended. */
  collect(): void;
}

export function makeTapes(tf: TensorFlow): Tapes {
  let held: { readonly tape: unknown; readonly release: () => void }[] = [];
  const active = () => tf.engine().state.activeTape;
  return {
    hold: (release) => held.push({ tape: active(), release }),
    collect() {
      const tape = active();
      const all = held;
      held = [];
      for (const each of all) {
        if (each.tape === tape) held.push(each);
        else each.release();
      }
    },
  };
}
