import { DerivedRows } from '../../engine/derivedRows.ts';
import type { Layer, LayerScope, ParameterSpec, Pass } from '../../engine/layer.ts';
import type { Rows } from '../../engine/rows.ts';
import { ShapeError } from '../../errors.ts';
import type { Layout, Region } from '../../memory/layout.ts';
import type { Signal } from '../../ndarray.ts';
import { SummarizedLayer } from '../../summary.ts';
import { singleInput } from '../graph/singleInput.ts';
import type { NameOption } from '../layerName.ts';
import { Geometry, type WindowOptions } from './geometry.ts';

/** A layer whose output has a step per window over the steps of its input. */
abstract class Windowed extends SummarizedLayer implements Layer {
  abstract override readonly type: string;
  abstract readonly input: Signal | undefined;
  abstract readonly parameters: readonly ParameterSpec[];
  /** @internal */
  readonly geometry: Geometry;
  readonly timeAxis: Layer['timeAxis'];
  readonly needsFuture: boolean;
  /** @internal */
  readonly whyFuture = 'not causal with stride 1';

  constructor(windows: WindowOptions & NameOption) {
    super();
    const geometry = new Geometry(windows);
    const { key } = geometry;
    this.geometry = geometry;
    this.timeAxis = key === undefined ? undefined : { key, steps: (steps) => geometry.steps(steps) };
    this.needsFuture = !geometry.isCausal;
  }

  abstract outputSize(inputSize: number): number;
  abstract override config(): Record<string, unknown>;
  /** @internal */
  abstract reserve(scope: LayerScope, input: Region): Pass[];

  /** @internal */
  outputRows(rows: Rows, layout: Layout): Rows {
    return this.timeAxis ? new DerivedRows(rows, this.timeAxis.steps, layout) : rows;
  }

  /** @internal */
  checkSteps(steps: number): void {
    const { least } = this.geometry;
    if (steps < least)
      throw new ShapeError('x', `at least ${least} steps, the window of ${this.type}`, `${steps}`);
  }
}

/** `Windowed`, also usable in graphs and without a model. */
export const WindowLayer = singleInput(Windowed);
