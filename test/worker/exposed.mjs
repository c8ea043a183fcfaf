// A worker whose script brings a loss, an optimizer and a layer.
import { expose } from 'unrolled/worker/host';

class Scale {
  type = 'Scale';
  states = {};
  parameters = [{ name: 'factor', shape: [1], init: () => new Float32Array([1]) }];
  outputSize = (size) => size;
  forward({ input, output, parameters: { factor } }) {
    for (let i = 0; i < input.length; i++) output[i] = factor[0] * input[i];
  }
  backward({ input, parameters: { factor }, outputGradient, inputGradient, gradients }) {
    for (let i = 0; i < input.length; i++) {
      inputGradient[i] = factor[0] * outputGradient[i];
      gradients.factor[0] += input[i] * outputGradient[i];
    }
  }
}

const power = ({ exponent }) => ({
  name: 'power',
  targets: 'features',
  evaluate: (output, target, gradient) =>
    output.reduce((sum, x, i) => {
      const d = x - target[i];
      if (gradient) gradient[i] = exponent * d ** (exponent - 1);
      return sum + d ** exponent;
    }, 0),
});

const descent = ({ lr }) => ({
  name: 'descent',
  lr,
  update(parameters, gradients, _, { lr: rate }) {
    for (let i = 0; i < parameters.length; i++) parameters[i] -= rate * gradients[i];
  },
});

const halves =
  ({ base }) =>
  (step) =>
    base / 2 ** step;

expose({}, { layers: { Scale }, losses: { power }, optimizers: { descent }, schedules: { halves } });
