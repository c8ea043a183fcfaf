import { integer, options } from '../../check.ts';
import type { LayerScope, ParameterSpec, Pass } from '../../engine/layer.ts';
import type { Region } from '../../memory/layout.ts';
import { POOL_MAX, POOL_MEAN } from '../../wasm/generated/constants.ts';
import type { NameOption } from '../layerName.ts';
import { MAX_STEPS, type Padding, paddingOf, type Windowing } from './geometry.ts';
import { WindowLayer } from './windowLayer.ts';
import { WindowTable } from './windowTable.ts';

/** Options of `MaxPool1d` and `AvgPool1d`. */
export interface Pool1dOptions extends NameOption {
  /** Steps from window to window. Default: the size. */
  readonly stride?: number | undefined;
  /** `'valid'`, `'same'`, or the steps of padding on each side, at most half the size. Default `'valid'`. */
  readonly padding?: Exclude<Padding, 'causal'> | undefined;
}

/** Pooling over windows: [T, B, F] to [T′, B, F]. */
abstract class Pool1d extends WindowLayer {
  /** Its input; `undefined` accepts any number of features. */
  readonly input = undefined;
  /** Its parameters in the order in which they are saved. */
  readonly parameters: readonly ParameterSpec[] = [];
  /** Steps of a window. */
  readonly size: number;
  /** Steps from window to window. */
  readonly stride: number;
  /** Padding of each row, which is not part of the result. */
  readonly padding: Padding;
  /** @internal */
  abstract readonly kernelKind: number;

  /** @throws {ArgumentError} if a number is out of range or an option is unknown */
  constructor(type: string, size: number, opts?: Pool1dOptions) {
    integer('size', size, 1, MAX_STEPS);
    const given = options(type, opts, { stride: true, padding: true, name: true });
    const stride = integer('stride', given.stride ?? size, 1, MAX_STEPS);
    const padding = paddingOf(given.padding ?? 'valid', ['valid', 'same'], size >> 1);
    super({ size, stride, dilation: 1, padding, name: given.name });
    this.size = size;
    this.stride = stride;
    this.padding = padding;
  }

  /** Output features for the given input features. */
  outputSize(inputSize: number): number {
    return inputSize;
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    const { size, stride, padding } = this;
    return { size, stride, padding };
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const steps = Math.max(this.geometry.steps(scope.steps), 1);
    return [poolPass(scope, input, this.kernelKind, this.geometry, steps)];
  }
}

/**
 * The largest value of each feature in windows of `size` steps, as torch.nn.MaxPool1d: [T, B, F] to [T′, B, F], T′ as in
 * `Conv1d` with that kernel size. Of equal values, the first one receives the gradient. NaN if a value is. Lengths and
 * masks as in `Conv1d`.
 */
export class MaxPool1d extends Pool1d {
  /** Class name, as in saved models. */
  readonly type = 'MaxPool1d';
  /** @internal */
  readonly kernelKind = POOL_MAX;

  /** @throws {ArgumentError} if a number is out of range or an option is unknown */
  constructor(size: number, opts?: Pool1dOptions) {
    super('MaxPool1d', size, opts);
  }
}

/**
 * The mean of each feature in windows of `size` steps: [T, B, F] to [T′, B, F], T′ as in `Conv1d` with that kernel size.
 * Padding does not count, as in Keras and as torch.nn.AvgPool1d with `count_include_pad=False`. Lengths and masks as in
 * `Conv1d`.
 */
export class AvgPool1d extends Pool1d {
  /** Class name, as in saved models. */
  readonly type = 'AvgPool1d';
  /** @internal */
  readonly kernelKind = POOL_MEAN;

  /** @throws {ArgumentError} if a number is out of range or an option is unknown */
  constructor(size: number, opts?: Pool1dOptions) {
    super('AvgPool1d', size, opts);
  }
}

/** Pools windows of [N, F]; `whole`: each window is a whole row. */
export function poolPass(
  scope: LayerScope,
  /** Its input; `undefined` accepts any number of features. */
  input: Region,
  kind: number,
  windowing: Windowing,
  steps: number,
  whole = false,
): Pass {
  const { kernels, arena, rows, batch, training } = scope;
  const F = input.shape.at(-1)!;
  const windows = new WindowTable(scope, windowing, steps);
  const output = scope.output('pool', steps, batch, F);
  const index =
    training && kind === POOL_MAX ? scope.keep('rows of the largest', steps, batch, F) : undefined;
  const work = scope.work(F * 4);
  const table = () => windows.write(whole ? rows.steps : windowing.size);
  return {
    output,
    states: [],
    forward: () => {
      if (whole && rows.rowsWithSteps < rows.batch) arena.clear(output);
      kernels.pool1d_forward(table(), kind, F, input.ptr, output.ptr, index?.ptr ?? 0);
    },
    backward: (dy, dx) => {
      if (dx) kernels.pool1d_backward(table(), kind, F, dy, dx, index?.ptr ?? 0, work.ptr);
    },
  };
}
