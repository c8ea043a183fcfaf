/** The case of an amplifier as a file of Neural Amp Modeler, which both engines read. */

/** Samples of silence that NAM runs a model through when it loads it: half a second at 48 kHz. */
export const SETTLING = 24_000;

/** Per row of the gates the weights of the input and of h; the sum of the biases; the first h and c; the head. */
export function namOf({ shape: { H } }, { weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, head }) {
  const rows = Array.from({ length: 4 * H }, (_, row) => [
    weight_ih_l0.data[row],
    ...weight_hh_l0.data.subarray(row * H, (row + 1) * H),
  ]);
  const biases = Array.from(bias_ih_l0.data, (bias, i) => bias + bias_hh_l0.data[i]);
  return JSON.stringify({
    version: '0.5.4',
    architecture: 'LSTM',
    config: { input_size: 1, hidden_size: H, num_layers: 1 },
    weights: [...rows.flat(), ...biases, ...new Float32Array(2 * H), ...head.data],
    sample_rate: 48_000,
    metadata: {},
  });
}
