import type { Engine } from './tf.ts';

/** What is freed when the tape that was active when it was made is no longer the active one. */
export interface Tapes {
  /** Calls `release` once the active tape has ended and `collect` is called. */
  hold(release: () => void): void;
  /** Frees what belongs to tapes that have ended. */
  collect(): void;
}

export function makeTapes(engine: () => Engine): Tapes {
  let held: { readonly tape: unknown; readonly release: () => void }[] = [];
  const active = () => engine().state.activeTape;
  return {
    hold: (release) => held.push({ tape: active(), release }),
    collect() {
      const tape = active();
      const ended = held.filter((each) => each.tape !== tape);
      held = held.filter((each) => each.tape === tape);
      for (const { release } of ended) release();
    },
  };
}
