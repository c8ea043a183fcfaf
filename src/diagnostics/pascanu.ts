import { type Activation, nameOf, rowOf } from '../activations.ts';
import { digits } from './digits.ts';
import type { Spectrum } from './spectrum.ts';

/** Relative error of σ_max (spectrum.ts). */
const PRECISION = 1e-6;

/**
 * γ: the largest slope of an activation.
 * @throws {ArgumentError} if it is not an activation
 */
export function largestSlope(activation: Activation): number {
  const { largestSlope: of, alpha, beta } = rowOf(activation);
  return of(alpha, beta);
}

/**
 * Interprets σ_max of a recurrent matrix (Pascanu, Mikolov & Bengio 2013, section 2.1): below 1/γ is sufficient for
 * vanishing gradients, above 1/γ is necessary for exploding ones. In a gated cell, other paths such as the cell state
 * are not bounded by it.
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
    return `${sigma} < ${limit}: through it gradients must vanish, to ${most} per step or less`;
  }
  return `${sigma} > ${limit}: through it gradients may explode, and need not vanish`;
}
