/** The lowest validation loss of a run. */
export interface Best {
  readonly step: number;
  /** Nats per character. */
  readonly loss: number;
  /** Of the text that was validated on. */
  readonly sha256: string;
}

/** From a file; undefined from anything else. */
export function readBest(json: unknown): Best | undefined {
  const { step, loss, sha256 } = (json ?? {}) as Best;
  const isBest = Number.isSafeInteger(step) && Number.isFinite(loss) && typeof sha256 === 'string';
  return isBest ? { step, loss, sha256 } : undefined;
}
