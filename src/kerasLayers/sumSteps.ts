import type { CustomLayer, LayerBackward, LayerForward } from '../custom/layer.ts';

/** The sum of each feature over the steps of a row that count: [T, B, F] to [1, B, F]. */
export class SumSteps implements CustomLayer {
  /** Class name, as in saved models. */
  readonly type = 'SumSteps';
  /** Whether its output has one step per row. */
  readonly reducesSteps = true;

  /** Output features for the given input features. */
  outputSize(inputSize: number): number {
    return inputSize;
  }

  /** Writes the output. */
  forward({ input, output, batchSizes }: LayerForward): void {
    each(input, batchSizes, (value, column) => {
      output[column]! += input[value]!;
    });
  }

  /** Writes the gradient of the input. */
  backward({ outputGradient, inputGradient, batchSizes }: LayerBackward): void {
    each(inputGradient, batchSizes, (value, column) => {
      inputGradient[value] = outputGradient[column]!;
    });
  }
}

/** Calls `at` with the index of each value, and that of its row and feature. */
function each(values: Float32Array, batchSizes: Int32Array, at: (value: number, column: number) => void) {
  const features = values.length / batchSizes.reduce((a, b) => a + b, 0);
  let value = 0;
  for (const m of batchSizes) for (let column = 0; column < m * features; column++) at(value++, column);
}
