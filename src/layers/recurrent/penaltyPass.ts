import type { Filled } from '../../check.ts';
import type { LayerScope, Pass } from '../../engine/layer.ts';
import { gemmWork } from '../../memory/workspace.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import type { Cell } from './cell.ts';
import type { Penalty } from './configuration.ts';
import type { Place } from './direction.ts';

/** A cell with penalties on W_hh. */
export function withPenalty(cell: Cell, penalty: Filled<Penalty>): Cell {
  return {
    ...cell,
    lay: (scope, shape, from, place, hook) =>
      penaltyPass(scope, cell.lay(scope, shape, from, place, hook), place, shape.H, penalty),
  };
}

/**
 * A pass that finally adds the gradients of penalties on W_hh [gates·H, H]: l2·Σ W², and for each gate's block
 * orthogonality·‖WᵀW − I‖² (Frobenius), gradient 4·orthogonality·W(WᵀW − I).
 */
function penaltyPass(
  scope: LayerScope,
  pass: Pass,
  place: Place,
  H: number,
  { l2, orthogonality }: Filled<Penalty>,
): Pass {
  const weight = place.region('weight_hh');
  if (!scope.training || !weight || l2 + orthogonality === 0) return pass;
  const { kernels, arena, generator } = scope;
  requireKernel(kernels, 'sgemm_tn');
  const gradient = place.gradient('weight_hh');
  const block = H * H * 4;
  const work = scope.work(orthogonality > 0 ? gemmWork(H, H, H) + 2 * block : 0);
  const distance = (w: number, dw: number): number => {
    const gram = work.ptr + gemmWork(H, H, H);
    const product = gram + block;
    kernels.sgemm_tn(H, H, H, w, H, w, H, 0, gram, H, work.ptr);
    for (let i = 0; i < H; i++) arena.f32[gram / 4 + i * (H + 1)]! -= 1;
    kernels.sgemm_nn(H, H, H, w, H, gram, H, 0, product, H, work.ptr);
    kernels.vec_axpy(H * H, 4 * orthogonality, product, dw);
    return kernels.vec_sum_squares(H * H, gram);
  };
  return {
    ...pass,
    end: () => {
      let value = pass.end?.() ?? 0;
      if (generator.part && !generator.part.isFirst) return value;
      if (l2 > 0) {
        kernels.vec_axpy(weight.length, 2 * l2, weight.ptr, gradient);
        value += l2 * kernels.vec_sum_squares(weight.length, weight.ptr);
      }
      for (let at = 0; orthogonality > 0 && at < weight.length * 4; at += block) {
        value += orthogonality * distance(weight.ptr + at, gradient + at);
      }
      return value;
    },
  };
}
