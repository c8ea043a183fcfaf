import type { LayerScope, Pass } from '../engine/layer.ts';
import type { Cell } from '../layers/recurrent/cell.ts';
import { chunkSteps, type LayerShape, type Place, type Source } from '../layers/recurrent/direction.ts';
import { runningState } from '../layers/recurrent/states.ts';
import { align } from '../memory/layout.ts';
import { QUANT_GRU, QUANT_LSTM, QUANT_RNN_RELU, QUANT_RNN_TANH } from '../wasm/generated/constants.ts';
import { quantKernels } from './kernels.ts';
import { type Order, quantWork } from './matrix.ts';
import { refuseTraining } from './refuse.ts';

/** A kind of cell (assembly/quant/recurrent.ts). */
export interface QuantKind {
  readonly kind: number;
  /** Features of a row of gates, by hiddenSize. */
  readonly gates: number;
  /** Packed rows of W_ih: gates in another order than PyTorch's. */
  readonly order?: ((H: number) => Order) | undefined;
}

/** Gates r z n of a row of H·3, as n r z. */
const newFirst = (H: number): Order => ({ row: (r) => (r + H) % (3 * H) });

export const KINDS = {
  tanh: { kind: QUANT_RNN_TANH, gates: 1 },
  relu: { kind: QUANT_RNN_RELU, gates: 1 },
  gru: { kind: QUANT_GRU, gates: 4, order: newFirst },
  lstm: { kind: QUANT_LSTM, gates: 4 },
} satisfies Record<string, QuantKind>;

/** A cell with packed int8 weights under the names of the float cell's; its biases are float32. */
export function quantCell(of: Cell, kind: QuantKind, planes: number): Cell {
  return {
    ...of,
    takesTable: false,
    lay: (scope, shape, from, place) => lay(of, kind, planes, scope, shape, from, place),
  };
}

function lay(
  of: Cell,
  { kind, gates: width }: QuantKind,
  planes: number,
  scope: LayerScope,
  { I, H }: LayerShape,
  { x }: Source,
  place: Place,
): Pass {
  refuseTraining(scope);
  const { arena, rows, steps, batch } = scope;
  const states = Object.keys(of.states).map((name) => runningState(scope, name, H));
  const [h, c] = states;
  const output = scope.output(of.name, steps, batch, H);
  const chunk = chunkSteps(scope, width * H);
  const [wIh, wHh] = [place.parameter('weight_ih'), place.parameter('weight_hh')];
  // scratch memory: [bias | gates | rows]
  const biasBytes = align(width * H * 4);
  const gateBytes = align(chunk * batch * width * H * 4);
  const work = scope.work(biasBytes + gateBytes + quantWork(Math.max(I, H), planes));
  const kernels = quantKernels(arena);
  return {
    output,
    states,
    forward: (packed) => {
      const bias = work.ptr;
      const gates = bias + biasBytes;
      if (!packed) writeBias(arena.f32, kind, H, place, bias / 4, width * H);
      // biome-ignore format: the order of the kernel's arguments
      kernels.quant_recurrent(
        kind, rows.steps, rows.batch, I, H, planes, rows.sizes,
        x.ptr, wIh, wHh, bias, h!.initial.ptr, c ? c.initial.ptr : 0, output.ptr,
        gates, chunk, gates + gateBytes,
      );
    },
    backward: () => {},
  };
}

/** Writes the sum of both biases, of a GRU n r z and then b_hn. */
function writeBias(memory: Float32Array, kind: number, H: number, place: Place, at: number, n: number): void {
  memory.fill(0, at, at + n);
  for (const name of ['bias_ih', 'bias_hh']) {
    const from = place.parameter(name) / 4;
    if (!from) continue;
    const length = kind === QUANT_GRU ? 3 * H : n;
    for (let i = 0; i < length; i++) {
      const isNew = kind === QUANT_GRU && i >= 2 * H;
      const to = kind !== QUANT_GRU ? i : !isNew ? i + H : name === 'bias_ih' ? i - 2 * H : i + H;
      memory[at + to]! += memory[from + i]!;
    }
  }
}
