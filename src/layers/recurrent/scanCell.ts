import type { GateTrace } from '../../engine/layer.ts';
import { scanBackwardWork, scanWork } from '../../memory/workspace.ts';
import type { Cell, ParameterKind, ParameterKinds, StateSpec } from './cell.ts';
import { defineCell } from './defineCell.ts';

/** A cell without a recurrent product: assembly/scan. */
export interface ScanDescription {
  readonly name: string;
  /** Its constant of assembly/scan/kinds.ts. */
  readonly kind: number;
  /** Its only state; if it is not the output, the output is separate. */
  readonly states: Readonly<Record<string, StateSpec>>;
  /** Arguments of the activations; for a cell with one gate its output. */
  readonly gates: readonly GateTrace[];
  /** Blocks of hiddenSize rows of `weight_ih`. */
  blocks(inputSize: number, hiddenSize: number): number;
  parameters(
    inputSize: number,
    hiddenSize: number,
  ): ParameterKinds<'weight_ih' | 'bias_ih'> & { readonly [weights: string]: ParameterKind };
  /** Names of the parameters that are weights of the state, if any. */
  readonly weights?: string | undefined;
}

/** Creates a cell from its description. */
export function scanCell({ kind, blocks, weights = '', ...of }: ScanDescription): Cell {
  const state = Object.keys(of.states)[0]!;
  const hasOutput = !of.states[state]!.output;
  return defineCell({
    ...of,
    kernel: 'scan_forward',
    kept: (I, H) => blocks(I, H) * H,
    work: (I, H) => scanWork(blocks(I, H), I, H),
    backwardWork: (rows, I, H) => scanBackwardWork(blocks(I, H), rows, I, H),
    infer:
      ({ kernels, rows, I, H, x, w, states, output, gates, chunk, work }) =>
      (packed) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.scan_forward(
          kind, rows.steps, rows.batch, I, H, rows.sizes, x.ptr, w.weight_ih!, w[weights] ?? 0, w.bias_ih!,
          states[state]!.ptr, output.ptr, gates.ptr, chunk, packed, work.ptr,
        );
      },
    train:
      ({ kernels, rows, I, H, x, w, states, output, gates, work }) =>
      () => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.scan_forward_train(
          kind, rows.steps, rows.batch, I, H, rows.sizes, x.ptr, w.weight_ih!, w[weights] ?? 0, w.bias_ih!,
          states[state]!.ptr, hasOutput ? output.ptr : 0, gates.ptr, work.ptr,
        );
      },
    backward:
      ({ kernels, rows, I, H, x, w, dw, states, dStates, gates, watch, work }) =>
      (dy, dx) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.scan_backward(
          kind, rows.steps, rows.batch, I, H, rows.sizes, x.ptr, w.weight_ih!, w[weights] ?? 0,
          states[state]!.ptr, gates.ptr, dy, dStates[state]!.ptr, dx,
          dw.weight_ih!, dw[weights] ?? 0, dw.bias_ih!, watch(), work.ptr,
        );
      },
  });
}
