import type { TensorFlow } from './tf.ts';

/** What is freed when the tape that was active when it was made is no longer the active one. */
export interface Tapes {
  /** Calls `release` once the active tape has ended and `collect` is called. */
  hold(release: () => void): void;
  /** Frees what belongs to tapes that have ended. */
  collect(): void;
}

export function makeTapes(tf: TensorFlow): Tapes {
  /** Tapes by what is freed. */
  const held = new Map<() => void, unknown>();
  const active = () => tf.engine().state.activeTape;
  return {
    hold: (release) => held.set(release, active()),
    collect() {
      const now = active();
      for (const [release, tape] of held) {
        if (tape === now) continue;
        held.delete(release);
        release();
      }
    },
  };
}
