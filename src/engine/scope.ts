import type { Layout } from '../memory/layout.ts';
import type { Layer, LayerScope } from './layer.ts';
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
  { arena, generator, tensors, block, layers, prefixes }: Planned,
  layout: Layout,
  gradients: number,
  { batch, training, flow = false }: PlanRequest,
  prefix: string,
  rows: Rows,
  own: Own,
): LayerScope {
  const parameter = (name: string, of?: Layer) =>
    tensors.get((of ? prefixes[layers.indexOf(of)] : prefix) + name)!;
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
    gradient: (name, of) => {
      const region = parameter(name, of);
      return { ...region, ptr: gradients + region.ptr - block.ptr };
    },
    keep: (what, ...shape) => layout.take(what, ...shape),
    reversed: () => rows.reversed(() => layout.take('reversed rows', rows.count)),
    lastRows: () => rows.lastRows(() => layout.take('last rows', batch)),
    ...own,
  };
}
