import type { JoinInput, JoinPass } from '../../engine/join.ts';
import type { LayerScope } from '../../engine/layer.ts';
import type { Region } from '../../memory/layout.ts';
import { attentionWork, linearBackwardWork, linearWork } from '../../memory/workspace.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import { type Gathered, PairedRows } from './pairedRows.ts';

/** How scores of a query and a key are computed. */
export type AttentionKind = 'dot' | 'scaled' | 'additive';

/** An input gathered by sequence, and its gradient. */
interface Side {
  readonly of: Gathered;
  readonly from: Region;
  /** Features. */
  readonly n: number;
  /** [N, n] gathered. */
  readonly at: Region;
  /** [N, n]; empty in inference. */
  readonly gradient: Region;
}

/** Query or key as the scores take it. */
interface Scored {
  readonly at: Region;
  readonly gradient: Region;
  /** Computes it. */
  forward(): void;
  /** Adds to its parameters' gradients and sets that of what it is computed from. */
  backward(): void;
}

/** Lays out attention; inputs: query, value and, if it is not the value, key. */
export function attentionPass(
  scope: LayerScope,
  inputs: readonly JoinInput[],
  kind: AttentionKind,
  units: number | undefined,
): JoinPass {
  const { kernels, batch, training } = scope;
  requireKernel(kernels, 'attend');
  const paired = new PairedRows(scope, inputs[0]!.rows, inputs[1]!.rows);
  const { sizes } = paired;
  const keep = (what: string, n: number, when = true) => scope.keep(what, when ? n : 0);
  const sideOf = ({ shape, region }: JoinInput, of: Gathered, what: string): Side => {
    const length = of.rows.steps * batch * shape.size;
    const gradient = keep(`gradient of ${what}`, length, training);
    return { of, from: region, n: shape.size, at: keep(what, length), gradient };
  };
  const query = sideOf(inputs[0]!, paired.query, 'query');
  const value = sideOf(inputs[1]!, paired.value, 'value');
  const key = inputs[2] ? sideOf(inputs[2], paired.value, 'key') : value;
  const sides = key === value ? [query, value] : [query, value, key];
  const [Tq, Tv] = [query.of.rows.steps, value.of.rows.steps];
  const d = units ?? query.n;
  const dv = value.n;
  const scores = keep('attention weights', batch * Tq * Tv);
  const dScores = keep('gradient of scores', batch * Tq * Tv, training);
  const out = keep('attended by sequence', batch * Tq * dv);
  const dOut = keep('gradient of attended', batch * Tq * dv, training);
  // as value and key are one, the gradient of the key is apart and then added
  const dKey = key === value ? keep('gradient of key', batch * Tv * key.n, training) : key.gradient;
  const output = scope.output('attended', scope.steps, batch, dv);
  const linears = units === undefined ? [] : [query, key];
  const bytes = [
    ...[attentionWork(Tq, Tv, d), attentionWork(Tq, Tv, dv)],
    ...linears.flatMap(({ n, of }) => [
      linearWork(d, n),
      training ? linearBackwardWork(of.rows.steps * batch, d, n) : 0,
    ]),
  ];
  const work = scope.work(Math.max(...bytes));
  const scored = (side: Side, gradient: Region, name: string): Scored => {
    if (units === undefined) return { at: side.at, gradient, forward: () => {}, backward: () => {} };
    const { rows } = side.of;
    const w = scope.parameter(name).ptr;
    const dw = training ? scope.gradient(name).ptr : 0;
    const at = keep(`projected ${name}`, rows.steps * batch * d);
    const dAt = keep(`gradient of projected ${name}`, rows.steps * batch * d, training);
    return {
      at,
      gradient: dAt,
      forward: () => {
        kernels.linear_forward(rows.count, d, side.n, side.at.ptr, w, 0, at.ptr, 0, work.ptr);
      },
      backward: () => {
        kernels.linear_backward(
          rows.count,
          d,
          side.n,
          side.at.ptr,
          w,
          dAt.ptr,
          gradient.ptr,
          dw,
          0,
          work.ptr,
        );
      },
    };
  };
  const q = scored(query, query.gradient, 'query_weight');
  const k = scored(key, dKey, 'key_weight');
  const additive = kind === 'additive';
  const scale = additive ? scope.parameter('scale').ptr : 0;
  const dScale = additive && training ? scope.gradient('scale').ptr : 0;
  const factor = kind === 'scaled' ? 1 / Math.sqrt(d) : 1;
  return {
    output,
    forward: () => {
      paired.arrange();
      for (let i = 0; i < sides.length; i++) {
        const { of, from, n, at } = sides[i]!;
        kernels.gather_rows(of.rows.count, n, from.ptr, of.index.ptr, at.ptr);
      }
      q.forward();
      k.forward();
      if (additive) kernels.additive_scores(batch, sizes.ptr, d, q.at.ptr, k.at.ptr, scale, scores.ptr);
      else kernels.dot_scores(batch, sizes.ptr, d, q.at.ptr, k.at.ptr, scores.ptr, work.ptr);
      kernels.attend(batch, sizes.ptr, dv, factor, scores.ptr, value.at.ptr, scores.ptr, out.ptr, work.ptr);
      kernels.gather_rows(query.of.rows.count, dv, out.ptr, query.of.back.ptr, output.ptr);
    },
    backward: (dy, dx) => {
      kernels.gather_rows(query.of.rows.count, dv, dy, query.of.index.ptr, dOut.ptr);
      kernels.attend_backward(
        batch,
        sizes.ptr,
        dv,
        factor,
        scores.ptr,
        value.at.ptr,
        dOut.ptr,
        value.gradient.ptr,
        dScores.ptr,
        work.ptr,
      );
      const dq = q.gradient.ptr;
      const dk = k.gradient.ptr;
      if (additive) {
        kernels.additive_scores_backward(
          batch,
          sizes.ptr,
          d,
          q.at.ptr,
          k.at.ptr,
          scale,
          dScores.ptr,
          dq,
          dk,
          dScale,
        );
      } else
        kernels.dot_scores_backward(batch, sizes.ptr, d, q.at.ptr, k.at.ptr, dScores.ptr, dq, dk, work.ptr);
      q.backward();
      k.backward();
      if (key === value) {
        const all = value.of.rows.count * dv;
        kernels.vec_add(all, value.gradient.ptr, dKey.ptr, value.gradient.ptr);
      }
      for (let i = 0; i < sides.length; i++) {
        const { of, n, gradient } = sides[i]!;
        if (dx[i]) kernels.gather_rows(of.rows.count, n, gradient.ptr, of.back.ptr, dx[i]!);
      }
    },
  };
}
