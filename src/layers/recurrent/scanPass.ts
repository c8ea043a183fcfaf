import type { GateTrace, LayerScope, Pass } from '../../engine/layer.ts';
import { type Initializer, uniform } from '../../init/initializers.ts';
import { align } from '../../memory/layout.ts';
import { scanBackwardWork, scanWork } from '../../memory/workspace.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import { chunkSteps, type Kind, type LayerShape, type Place, type Source } from './direction.ts';
import { gatesInOrder } from './gateTraces.ts';
import { keepStates, runningState, watch } from './states.ts';

/** A cell of assembly/scan/scan.ts. */
export interface ScanCell {
  readonly name: string;
  readonly number: number;
  /** Its state, which but for an SRU's is its output. */
  readonly state: 'h' | 'c';
  /** Weights of the state: their kind, and how many a unit. */
  readonly weights: { readonly kind: string; readonly count: number } | undefined;
  /** Blocks of hiddenSize gates whose bias there is. */
  readonly biases: number;
  /** Blocks of hiddenSize rows of `weight_ih`. */
  blocks(inputSize: number, hiddenSize: number): number;
  /** What it keeps of the gates: the functions' arguments; IndRNN's output. */
  readonly gates: readonly GateTrace[];
}

const ARGUMENTS = { ofArguments: true } as const;

export const MINGRU: ScanCell = {
  name: 'mingru',
  number: 0,
  state: 'h',
  weights: undefined,
  biases: 2,
  blocks: () => 2,
  gates: gatesInOrder({ z: 'sigmoid', n: 'identity' }, ARGUMENTS),
};

export const MINLSTM: ScanCell = {
  name: 'minlstm',
  number: 1,
  state: 'h',
  weights: undefined,
  biases: 3,
  blocks: () => 3,
  gates: gatesInOrder({ f: 'sigmoid', i: 'sigmoid', g: 'identity' }, ARGUMENTS),
};

export const INDRNN_RELU: ScanCell = {
  name: 'indrnn',
  number: 2,
  state: 'h',
  weights: { kind: 'weight_hh', count: 1 },
  biases: 1,
  blocks: () => 1,
  gates: gatesInOrder({ h: 'relu' }),
};

export const INDRNN_TANH: ScanCell = { ...INDRNN_RELU, number: 3, gates: gatesInOrder({ h: 'tanh' }) };

export const SRU_CELL: ScanCell = {
  name: 'sru',
  number: 4,
  state: 'c',
  weights: { kind: 'weight_c', count: 2 },
  biases: 2,
  blocks: (inputSize, hiddenSize) => (inputSize === hiddenSize ? 3 : 4),
  gates: gatesInOrder({ u: 'identity', f: 'sigmoid', r: 'sigmoid' }, ARGUMENTS),
};

/** Parameters of one direction of a stacked layer, and what they start from unless told otherwise. */
export function scanKinds(
  { blocks, weights, biases }: ScanCell,
  hiddenSize: number,
  bias: boolean,
  init: (inputSize: number) => { input?: Initializer; state?: Initializer; bias?: Initializer },
): (inputSize: number) => Kind[] {
  const standard = uniform(1 / Math.sqrt(hiddenSize));
  return (inputSize) => {
    const own = init(inputSize);
    const kind = (name: string, shape: number[], given = standard): Kind => ({ name, shape, init: given });
    return [
      kind('weight_ih', [blocks(inputSize, hiddenSize) * hiddenSize, inputSize], own.input),
      ...(weights ? [kind(weights.kind, [weights.count * hiddenSize], own.state)] : []),
      ...(bias ? [kind('bias_ih', [biases * hiddenSize], own.bias)] : []),
    ];
  };
}

/** A minGRU, minLSTM, IndRNN or SRU: assembly/scan. */
export function scanPass(
  scope: LayerScope,
  { I, H }: LayerShape,
  { x }: Source,
  place: Place,
  cell: ScanCell,
  clipStepNorm: number,
): Pass {
  const { kernels, rows, steps, batch } = scope;
  requireKernel(kernels, 'scan_forward');
  const { number, state } = cell;
  const weights = cell.weights?.kind;
  const [wIh, bIh] = [place.parameter('weight_ih'), place.parameter('bias_ih')];
  const v = weights ? place.parameter(weights) : 0;
  const blocks = cell.blocks(I, H);
  const G = blocks * H;
  if (!scope.training) {
    const slot = runningState(scope, state, H);
    const output = scope.output(cell.name, steps, batch, H);
    const chunk = chunkSteps(scope, G);
    const packedBytes = align(scanWork(blocks, I, H));
    const work = scope.work(packedBytes + chunk * batch * G * 4);
    return {
      output,
      states: [slot],
      forward: (packed) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.scan_forward(
          number, rows.steps, rows.batch, I, H, rows.sizes, x.ptr, wIh, v, bIh,
          slot.initial.ptr, output.ptr, work.ptr + packedBytes, chunk, packed ? 1 : 0, work.ptr,
        );
      },
      backward: () => {},
    };
  }
  const [dwIh, dbIh] = [place.gradient('weight_ih'), place.gradient('bias_ih')];
  const dv = weights ? place.gradient(weights) : 0;
  const states = keepStates(scope, state, H);
  const output = state === 'c' ? scope.output(cell.name, steps, batch, H) : states.output;
  const gates = scope.keep(`${cell.name} gates`, steps, batch, G);
  const watched = watch(scope, clipStepNorm);
  const work = scope.work(Math.max(scanWork(blocks, I, H), scanBackwardWork(blocks, steps * batch, I, H)));
  const values = cell.gates.length > 1 ? gates : output;
  return {
    output,
    states: [states.slot],
    traces: [
      {
        place,
        gates: cell.gates,
        hiddenSize: H,
        values: values,
        stride: values === gates ? G : H,
        states: output,
        norms: watched.norms,
      },
    ],
    forward: () => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.scan_forward_train(
        number, rows.steps, rows.batch, I, H, rows.sizes, x.ptr, wIh, v, bIh,
        states.all.ptr, state === 'c' ? output.ptr : 0, gates.ptr, work.ptr,
      );
      states.finish();
    },
    backward: (dy, dx) => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.scan_backward(
        number, rows.steps, rows.batch, I, H, rows.sizes, x.ptr, wIh, v, states.all.ptr, gates.ptr,
        dy, states.slot.gradient.ptr, dx, dwIh, dv, dbIh, watched.write(), work.ptr,
      );
    },
  };
}
