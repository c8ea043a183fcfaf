import type { CustomLayer, LayerBackward, LayerForward } from '../../src/index.ts';
import { uniform } from '../../src/index.ts';

/** y = x·Wᵀ + b of each row, as Linear. */
export class Dense implements CustomLayer {
  readonly type = 'Dense';
  readonly states = {};
  readonly inputSize: number;
  readonly units: number;
  readonly parameters;

  constructor({ inputSize, units }: { inputSize: number; units: number }) {
    this.inputSize = inputSize;
    this.units = units;
    const init = uniform(1 / Math.sqrt(inputSize));
    this.parameters = [
      { name: 'weight', shape: [units, inputSize], init },
      { name: 'bias', shape: [units], init },
    ];
  }

  outputSize() {
    return this.units;
  }

  config() {
    return { inputSize: this.inputSize, units: this.units };
  }

  forward({ input, output, parameters: { weight, bias } }: LayerForward) {
    const { inputSize: I, units: O } = this;
    for (let k = 0; k < output.length; k++) {
      const [n, o] = [Math.floor(k / O), k % O];
      let sum = bias![o]!;
      for (let i = 0; i < I; i++) sum += weight![o * I + i]! * input[n * I + i]!;
      output[k] = sum;
    }
  }

  backward({ input, parameters: { weight }, outputGradient, inputGradient, gradients }: LayerBackward) {
    const { inputSize: I, units: O } = this;
    for (let k = 0; k < outputGradient.length; k++) {
      const [n, o, d] = [Math.floor(k / O), k % O, outputGradient[k]!];
      gradients.bias![o]! += d;
      for (let i = 0; i < I; i++) {
        gradients.weight![o * I + i]! += d * input[n * I + i]!;
        inputGradient[n * I + i]! += d * weight![o * I + i]!;
      }
    }
  }
}

/** h = tanh(x·W_ihᵀ + h0·W_hhᵀ), as an RNN without biases. */
export class Elman implements CustomLayer {
  readonly type = 'Elman';
  readonly inputSize: number;
  readonly units: number;
  readonly states;
  readonly parameters;

  constructor({ inputSize, units }: { inputSize: number; units: number }) {
    this.inputSize = inputSize;
    this.units = units;
    this.states = { h: units };
    const init = uniform(1 / Math.sqrt(units));
    this.parameters = [
      { name: 'weight_ih', shape: [units, inputSize], init },
      { name: 'weight_hh', shape: [units, units], init },
    ];
  }

  outputSize() {
    return this.units;
  }

  config() {
    return { inputSize: this.inputSize, units: this.units };
  }

  forward({ input, output, parameters: { weight_ih, weight_hh }, before, after }: LayerForward) {
    const { inputSize: I, units: H } = this;
    for (let k = 0; k < output.length; k++) {
      const [n, u] = [Math.floor(k / H), k % H];
      let sum = 0;
      for (let i = 0; i < I; i++) sum += weight_ih![u * I + i]! * input[n * I + i]!;
      for (let j = 0; j < H; j++) sum += weight_hh![u * H + j]! * before.h![n * H + j]!;
      output[k] = Math.tanh(sum);
      after.h![k] = output[k]!;
    }
  }

  backward(pass: LayerBackward) {
    const { input, output, before, outputGradient, afterGradient, gradients } = pass;
    const { weight_ih, weight_hh } = pass.parameters;
    const { inputSize: I, units: H } = this;
    for (let k = 0; k < output.length; k++) {
      const [n, u] = [Math.floor(k / H), k % H];
      const d = (outputGradient[k]! + afterGradient.h![k]!) * (1 - output[k]! ** 2);
      for (let i = 0; i < I; i++) {
        gradients.weight_ih![u * I + i]! += d * input[n * I + i]!;
        pass.inputGradient[n * I + i]! += d * weight_ih![u * I + i]!;
      }
      for (let j = 0; j < H; j++) {
        gradients.weight_hh![u * H + j]! += d * before.h![n * H + j]!;
        pass.beforeGradient.h![n * H + j]! += d * weight_hh![u * H + j]!;
      }
    }
  }
}

/** The mean over the steps of each sequence. */
export class Mean implements CustomLayer {
  readonly type = 'Mean';
  readonly reducesSteps = true;

  outputSize(inputSize: number) {
    return inputSize;
  }

  forward({ input, output, batchSizes }: LayerForward) {
    this.#each(batchSizes, input.length, (row, at, size, steps) => {
      for (let i = 0; i < size; i++) output[row * size + i]! += input[at * size + i]! / steps;
    });
  }

  backward({ outputGradient, inputGradient, batchSizes }: LayerBackward) {
    this.#each(batchSizes, inputGradient.length, (row, at, size, steps) => {
      for (let i = 0; i < size; i++) inputGradient[at * size + i] = outputGradient[row * size + i]! / steps;
    });
  }

  #each(
    batchSizes: Int32Array,
    length: number,
    call: (row: number, at: number, size: number, steps: number) => void,
  ) {
    const rows = batchSizes.reduce((a, b) => a + b, 0);
    let at = 0;
    for (const m of batchSizes) {
      for (let row = 0; row < m; row++) {
        call(row, at++, length / rows, batchSizes.filter((size) => size > row).length);
      }
    }
  }
}
