import type { LayerScope, StateSlot } from '../../engine/layer.ts';
import { At, type Region } from '../../memory/layout.ts';

/** States of all steps, kept for the backward pass. */
export interface KeptStates {
  /** [B + N, W], the initial ones first. */
  readonly all: Region;
  /** [N, W]: without the initial ones. */
  readonly output: Region;
  readonly slot: StateSlot;
  /** Call after the forward pass: copies the last states of rows with lengths. */
  finish(): void;
}

export function keepStates(scope: LayerScope, name: string, W: number, hasGradient = true): KeptStates {
  const { kernels, rows, steps, batch } = scope;
  const all = scope.keep(`states ${name}`, (steps + 1) * batch, W);
  const gradient = hasGradient ? scope.keep(`gradient of ${name}`, batch, W) : undefined;
  const initial: Region = { ptr: all.ptr, shape: [batch, W], length: batch * W };
  const ragged = rows.order !== undefined;
  const final = ragged
    ? scope.keep(`last ${name}`, batch, W)
    : new At([batch, W], () => all.ptr + rows.count * W * 4);
  return {
    all,
    output: { ptr: all.ptr + batch * W * 4, shape: [steps, batch, W], length: steps * batch * W },
    slot: { name, initial, final, gradient },
    finish: () => {
      if (ragged) kernels.last_rows(rows.steps, rows.batch, W, rows.sizes, all.ptr, final.ptr);
    },
  };
}

/** A state that inference overwrites at each step. */
export function runningState(scope: LayerScope, name: string, W: number): StateSlot {
  const state = scope.keep(`state ${name}`, scope.batch, W);
  return { name, initial: state, final: state, gradient: undefined };
}
