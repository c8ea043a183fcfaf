import { type Activation, type ActivationName, activationOf, nameOf } from '../activations.ts';
import { digits } from './digits.ts';
import type { Spectrum } from './spectrum.ts';

/** Relative error of σ_max (spectrum.ts). */
const PRECISION = 1e-6;

/** The largest |φ′| by a function's α and β. */
const SLOPES: Record<ActivationName, (alpha: number, beta: number) => number> = {
  identity: () => 1,
  tanh: () => 1,
  sigmoid: () => 0.25,
  relu: () => 1,
  hardsigmoid: Math.abs,
  softsign: () => 1,
  softplus: () => 1,
  elu: (alpha) => Math.max(1, Math.abs(alpha)),
  leakyrelu: (alpha) => Math.max(1, Math.abs(alpha)),
  scaledtanh: (alpha, beta) => Math.abs(alpha * beta),
  affine: Math.abs,
};

/**
 * γ: the largest slope of an activation.
 * @throws {ArgumentError} what is no activation
 */
export function largestSlope(activation: Activation): number {
  const { alpha, beta } = activationOf('activation', activation);
  return SLOPES[nameOf(activation)](alpha, beta);
}

/**
 * What σ_max of a recurrent matrix says about the path through it (Pascanu, Mikolov & Bengio 2013, section 2.1): below
 * 1/γ it suffices for vanishing, above 1/γ is necessary for exploding. In a gated cell other paths, such as the cell
 * state's, are not bounded by it.
 */
export function bound({ singularValue }: Spectrum, activation: Activation): string {
  const gamma = largestSlope(activation);
  const limit = `1/γ = ${digits(1 / gamma)} (${nameOf(activation)})`;
  const sigma = `σ_max ${digits(singularValue)}`;
  if (!Number.isFinite(singularValue)) return `${sigma}: says nothing`;
  if (Math.abs(gamma * singularValue - 1) <= PRECISION) {
    return `${sigma} = ${limit}: through it gradients can't explode`;
  }
  if (singularValue < 1 / gamma) {
    const most = digits(gamma * singularValue);
    return `${sigma} < ${limit}: through it gradients must vanish, to ${most} a step or less`;
  }
  return `${sigma} > ${limit}: through it gradients may explode, and need not vanish`;
}
