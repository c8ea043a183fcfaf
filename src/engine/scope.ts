import type { Layout } from '../memory/layout.ts';
import type { LayerScope } from './layer.ts';
import type { Planned, PlanRequest } from './plan.ts';
import type { Rows } from './rows.ts';

/** What differs from layer to layer of a plan. */
type Own = Pick<LayerScope, 'wholeSteps' | 'keepsLast' | 'stream' | 'output' | 'work'>;

/**
 * The scope of a layer in a plan.
 * @param gradients address of the parameter gradients, for training
 * @param prefix of the names of its parameters
 */
export function layerScope(
  { arena, generator, parameters, block }: Planned,
  layout: Layout,
  gradients: number,
  { batch, training, flow = false }: PlanRequest,
  prefix: string,
  rows: Rows,
  own: Own,
): LayerScope {
  const parameter = (name: string) => parameters.get(prefix + name)!;
  return {
    kernels: arena.kernels,
    arena,
    generator,
    steps: rows.steps,
    batch,
    rows,
    training,
    flow,
    parameter,
    gradient: (name) => ({ ...parameter(name), ptr: gradients + parameter(name).ptr - block.ptr }),
    keep: (what, ...shape) => layout.take(what, ...shape),
    reversed: () => rows.reversed(() => layout.take('reversed rows', rows.count)),
    lastRows: () => rows.lastRows(() => layout.take('last rows', batch)),
    ...own,
  };
}
