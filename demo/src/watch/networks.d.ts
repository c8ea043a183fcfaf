import type { Sequential, Trainer } from 'unrolled';
import type { Name } from './protocol.ts';

export const HIDDEN: number;
export const LINE: number;
export const NAMES: readonly Name[];
export function linesOf(book: string): string;
export function trainerOf(name: Name, model: Sequential): Trainer;
export function update(trainer: Trainer, text: Int32Array, step: number, line?: number): number;
export function sample(model: Sequential, prompt: Int32Array, length: number, seed: number): string;
export function reachOf(name: Name): {
  of(
    model: Sequential,
    x: Int32Array,
    y: Int32Array,
  ): { shares: Float32Array; reach: Float32Array; h: Float32Array };
};
