import type { LayerScope, Pass } from '../../engine/layer.ts';
import { backwardWork, rnnWork } from '../../memory/workspace.ts';
import type { LayerShape, Place, Source } from './direction.ts';
import { keepStates, runningState, watch } from './states.ts';
import { tableGradient } from './tableGradient.ts';

/** Elman's RNN with tanh or relu and nothing else: assembly/sequence/rnn.ts. */
export function rnnPass(
  scope: LayerScope,
  shape: LayerShape,
  from: Source,
  place: Place,
  clipStepNorm: number,
  relu: boolean,
): Pass {
  const { kernels, rows, steps, batch } = scope;
  const { I, H, V } = shape;
  const { x, index } = from;
  const flag = relu ? 1 : 0;
  const [wIh, wHh] = [place.parameter('weight_ih'), place.parameter('weight_hh')];
  const [bIh, bHh] = [place.parameter('bias_ih'), place.parameter('bias_hh')];
  if (!scope.training) {
    const h = runningState(scope, 'h', H);
    const output = scope.output('rnn', steps, batch, H);
    const work = scope.work(rnnWork(I, H, V));
    return {
      output,
      states: [h],
      forward: (packed) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.rnn_forward(
          rows.steps, rows.batch, I, H, V, rows.sizes, flag, x.ptr, index?.ptr ?? 0, wIh, wHh, bIh, bHh,
          h.initial.ptr, output.ptr, packed ? 1 : 0, work.ptr,
        );
      },
      backward: () => {},
    };
  }
  const [dwIh, dwHh] = [place.gradient('weight_ih'), place.gradient('weight_hh')];
  const [dbIh, dbHh] = [place.gradient('bias_ih'), place.gradient('bias_hh')];
  const h = keepStates(scope, 'h', H);
  const slope = scope.keep('rnn slope', steps, batch, H);
  const table = tableGradient(scope, V, H);
  const watched = watch(scope, clipStepNorm);
  const work = scope.work(Math.max(rnnWork(I, H, V), backwardWork(1, steps * batch, I, H, V)));
  return {
    output: h.output,
    states: [h.slot],
    traces: [
      {
        place,
        gates: relu ? 'relu' : 'tanh',
        hiddenSize: H,
        values: h.output,
        stride: H,
        states: h.output,
        norms: watched.norms,
      },
    ],
    begin: table.clear,
    forward: () => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.rnn_forward_train(
        rows.steps, rows.batch, I, H, V, rows.sizes, flag, x.ptr, index?.ptr ?? 0, wIh, wHh, bIh, bHh,
        h.all.ptr, slope.ptr, work.ptr,
      );
      h.finish();
    },
    backward: (dy, dx, finish) => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.rnn_backward(
        rows.steps, rows.batch, I, H, V, rows.sizes, x.ptr, index?.ptr ?? 0, wIh, wHh, h.all.ptr, slope.ptr,
        dy, h.slot.gradient.ptr, from.dTable || dx, dwIh, dwHh, dbIh, dbHh,
        table.ptr, finish ? 1 : 0, watched.write(), work.ptr,
      );
    },
  };
}
