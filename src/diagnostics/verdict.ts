import { digits } from './digits.ts';

/** `vanishing`: less than 1e-3 of the gradient is left after all steps; `exploding`: more than 1e3 times as much. */
export type Verdict = 'vanishing' | 'exploding' | 'healthy' | 'not finite';

/**
 * A gradient is vanishing if less than this fraction is left after all steps. It is the noise 1/√10⁶ of a mean over a
 * batch of a million sequences, below which the contribution of the first steps can't be distinguished.
 */
export const VANISHING_SHARE = 1e-3;
/** A gradient is exploding above this, the inverse of the vanishing limit. */
export const EXPLODING_SHARE = 1e3;

export interface Evidence {
  readonly meanRatio: number | null;
  readonly memory: number | null;
  readonly share: number | null;
  readonly steps: number;
  /** The first non-finite number in this layer and direction. */
  readonly nonFinite?: { readonly step: number; readonly gate: string; readonly what: string } | undefined;
  /** The first step whose norms are not finite. */
  readonly badStep?: number | undefined;
}

/** A verdict and its reason. */
export function judge(evidence: Evidence): { readonly verdict: Verdict; readonly reason: string } {
  const { meanRatio, share, nonFinite, badStep } = evidence;
  if (nonFinite) {
    const { what, gate, step } = nonFinite;
    return { verdict: 'not finite', reason: `${what} in gate ${gate} at step ${step}` };
  }
  if (badStep !== undefined) {
    return { verdict: 'not finite', reason: `the gradient's norm is not finite at step ${badStep}` };
  }
  if (share === null || meanRatio === null) {
    return { verdict: 'vanishing', reason: 'the gradient is 0 at every step' };
  }
  const left = leftOver(share, evidence.steps);
  if (share < VANISHING_SHARE) {
    return { verdict: 'vanishing', reason: `${left}, less than ${digits(VANISHING_SHARE, 1)}` };
  }
  if (share > EXPLODING_SHARE) {
    return { verdict: 'exploding', reason: `${left}, more than ${digits(EXPLODING_SHARE, 1)}` };
  }
  return { verdict: 'healthy', reason: left };
}

function leftOver(share: number, steps: number): string {
  const after = steps === 1 ? '1 step' : `${steps} steps`;
  return `${digits(share)} of a gradient is left after ${after}`;
}
