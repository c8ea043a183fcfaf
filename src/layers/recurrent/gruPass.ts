import type { LayerScope, Pass } from '../../engine/layer.ts';
import { align } from '../../memory/layout.ts';
import { backwardWork, gruWork } from '../../memory/workspace.ts';
import { chunkSteps, type LayerShape, type Place, type Source } from './direction.ts';
import { keepStates, runningState, watch } from './states.ts';
import { tableGradient } from './tableGradient.ts';

/** torch.nn's GRU and nothing else: assembly/sequence/gru.ts, whose gates lie in the order n r z q. */
export function gruPass(
  scope: LayerScope,
  shape: LayerShape,
  from: Source,
  place: Place,
  clipStepNorm: number,
): Pass {
  const { kernels, rows, steps, batch } = scope;
  const { I, H, V } = shape;
  const { x, index } = from;
  const [wIh, wHh] = [place.parameter('weight_ih'), place.parameter('weight_hh')];
  const [bIh, bHh] = [place.parameter('bias_ih'), place.parameter('bias_hh')];
  if (!scope.training) {
    const h = runningState(scope, 'h', H);
    const output = scope.output('gru', steps, batch, H);
    const chunk = chunkSteps(scope, 4 * H);
    const packedBytes = align(gruWork(I, H, V));
    const work = scope.work(packedBytes + chunk * batch * 4 * H * 4);
    return {
      output,
      states: [h],
      forward: (packed) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.gru_forward(
          rows.steps, rows.batch, I, H, V, rows.sizes, x.ptr, index?.ptr ?? 0, wIh, wHh, bIh, bHh,
          h.initial.ptr, output.ptr, work.ptr + packedBytes, chunk, packed ? 1 : 0, work.ptr,
        );
      },
      backward: () => {},
    };
  }
  const [dwIh, dwHh] = [place.gradient('weight_ih'), place.gradient('weight_hh')];
  const [dbIh, dbHh] = [place.gradient('bias_ih'), place.gradient('bias_hh')];
  const h = keepStates(scope, 'h', H);
  const gates = scope.keep('gru gates', steps, batch, 4 * H);
  const table = tableGradient(scope, V, 3 * H);
  const watched = watch(scope, clipStepNorm);
  const work = scope.work(Math.max(gruWork(I, H, V), backwardWork(3, steps * batch, I, H, V)));
  return {
    output: h.output,
    states: [h.slot],
    traces: [
      {
        place,
        gates: 'gru',
        hiddenSize: H,
        values: gates,
        stride: 4 * H,
        states: h.output,
        norms: watched.norms,
      },
    ],
    begin: table.clear,
    forward: () => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.gru_forward_train(
        rows.steps, rows.batch, I, H, V, rows.sizes, x.ptr, index?.ptr ?? 0, wIh, wHh, bIh, bHh,
        h.all.ptr, gates.ptr, work.ptr,
      );
      h.finish();
    },
    backward: (dy, dx, finish) => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.gru_backward(
        rows.steps, rows.batch, I, H, V, rows.sizes, x.ptr, index?.ptr ?? 0, wIh, wHh, h.all.ptr, gates.ptr,
        dy, h.slot.gradient.ptr, from.dTable || dx, dwIh, dwHh, dbIh, dbHh,
        table.ptr, finish ? 1 : 0, watched.write(), work.ptr,
      );
    },
  };
}
