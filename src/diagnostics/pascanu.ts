import { digits } from './digits.ts';
import type { Spectrum } from './spectrum.ts';

/** γ: the largest slope of an activation. */
export const GAMMA = {
  tanh: 1,
  relu: 1,
  softsign: 1,
  identity: 1,
  sigmoid: 0.25,
  /** 0.2·x + 0.5 clamped to 0..1, as ONNX. */
  hardsigmoid: 0.2,
} as const;

/**
 * What σ_max of a recurrent matrix says about the path through it (Pascanu, Mikolov & Bengio 2013, section 2.1): below
 * 1/γ it suffices for vanishing, above 1/γ is necessary for exploding. In a gated cell other paths, such as the cell
 * state's, are not bounded by it.
 */
export function bound({ singularValue }: Spectrum, activation: keyof typeof GAMMA): string {
  const gamma = GAMMA[activation];
  const limit = `1/γ = ${digits(1 / gamma)} (${activation})`;
  const sigma = `σ_max ${digits(singularValue)}`;
  if (!Number.isFinite(singularValue)) return `${sigma}: says nothing`;
  if (singularValue < 1 / gamma) {
    const most = digits(gamma * singularValue);
    return `${sigma} < ${limit}: through it gradients must vanish, to ${most} a step or less`;
  }
  if (singularValue === 1 / gamma) return `${sigma} = ${limit}: through it gradients can't explode`;
  return `${sigma} > ${limit}: through it gradients may explode, and need not vanish`;
}
