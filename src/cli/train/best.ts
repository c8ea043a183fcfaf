/** The lowest validation loss of a run. */
export interface Best {
  readonly step: number;
  /** In the unit of the subject. */
  readonly loss: number;
  /** Hash of the validation file. */
  readonly sha256: string;
}

/** Reads it from JSON; undefined if it is invalid. */
export function readBest(json: unknown): Best | undefined {
  const { step, loss, sha256 } = (json ?? {}) as Best;
  const isBest = Number.isSafeInteger(step) && Number.isFinite(loss) && typeof sha256 === 'string';
  return isBest ? { step, loss, sha256 } : undefined;
}
