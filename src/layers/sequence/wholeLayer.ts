import type { Layer, LayerScope, ParameterSpec, Pass } from '../../engine/layer.ts';
import type { Region } from '../../memory/layout.ts';
import { SummarizedLayer } from '../../summary.ts';
import { singleInput } from '../graph/singleInput.ts';

/** A layer without parameters for any number of features, which needs the whole sequence. */
abstract class Whole extends SummarizedLayer implements Layer {
  abstract override readonly type: string;
  readonly input = undefined;
  readonly parameters: readonly ParameterSpec[] = [];
  get needsFuture(): boolean {
    return true;
  }
  /** @internal */
  abstract readonly whyFuture: string;

  outputSize(inputSize: number): number {
    return inputSize;
  }

  abstract override config(): Record<string, unknown>;
  /** @internal */
  abstract reserve(scope: LayerScope, input: Region): Pass[];
}

/** `Whole`, also usable in graphs and without a model. */
export const WholeLayer = singleInput(Whole);
