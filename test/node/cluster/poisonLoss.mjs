// mse that throws where a target is above a limit.
export const poison = ({ limit }) => ({
  name: 'poison',
  targets: 'features',
  evaluate(output, target, gradient) {
    let loss = 0;
    for (let i = 0; i < output.length; i++) {
      if (target[i] > limit) throw new RangeError(`a target of ${target[i]}`);
      gradient[i] = output[i] - target[i];
      loss += gradient[i] ** 2 / 2;
    }
    return loss;
  },
});
