import { known, type Operator, type Operators, type PlannedNode } from '../onnxSession/node.ts';
import type { Value } from '../onnxSession/value.ts';

const FLOAT = 1;
/** Elements of a basis at most. */
const MOST = 2 ** 24;

/** A sum of cosines over a window that is periodic or symmetric. */
function window(weights: readonly number[]): Operator {
  return (node) => {
    const size = node.constant(0)[0]!;
    if (!(size > 0 && size <= MOST)) node.fail(`a window of ${size}`);
    const period = node.int('periodic', 1) ? size : Math.max(1, size - 1);
    const data = Float32Array.from({ length: size }, (_, n) =>
      weights.reduce((sum, weight, k) => sum + weight * Math.cos((2 * Math.PI * k * n) / period), 0),
    );
    node.fixed(data, [size], node.int('output_datatype', FLOAT));
  };
}

/** cos and sin with which rows of [samples · parts] become [bins · (real, imaginary)]. */
function basis(
  node: PlannedNode,
  length: number,
  samples: number,
  parts: number,
  bins: number,
  inverse: boolean,
): Value {
  const size = samples * parts * bins * 2;
  if (!(size <= MOST)) node.fail(`a transform of ${length} samples`);
  const data = new Float32Array(size);
  const sign = inverse ? 1 : -1;
  let at = 0;
  for (let n = 0; n < samples; n++) {
    for (let part = 0; part < parts; part++) {
      for (let k = 0; k < bins; k++) {
        const angle = (sign * 2 * Math.PI * ((n * k) % length)) / length;
        const factor = inverse ? 1 / length : 1;
        const [c, s] = [Math.cos(angle) * factor, Math.sin(angle) * factor];
        data[at++] = part ? -s : c;
        data[at++] = part ? c : s;
      }
    }
  }
  return known(data, FLOAT, [samples * parts, 2 * bins]);
}

/** [..., n, parts] as [..., n · parts]. */
function flattened(value: Value): Value {
  const [n, parts] = value.shape.slice(-2) as [number, number];
  return { ...value, shape: [...value.shape.slice(0, -2), n * parts], of: value };
}

const bins = (length: number, onesided: boolean) => (onesided ? Math.floor(length / 2) + 1 : length);

/** The bins that a real signal leaves out: the conjugates of the others, in reverse. */
function bothHalves(node: PlannedNode, value: Value, axis: number, length: number): Value {
  const given = value.shape[axis]!;
  const at = Array.from({ length }, (_, i) => (i < given ? i : length - i));
  if (at.some((i) => i >= given)) node.fail(`${given} bins of a transform of ${length} samples`);
  const signs = known(
    at.map((i, k) => (i === k ? 1 : -1)),
    FLOAT,
    value.shape.map((_, i) => (i === axis ? length : 1)),
  );
  const mirrored = node.call('Gather', [value, known(at)], { axis });
  const imaginary = known([0, 1], FLOAT, [2]);
  const keep = known([1, 0], FLOAT, [2]);
  const factor = node.call('Add', [node.call('Mul', [signs, imaginary]), keep]);
  return node.call('Mul', [mirrored, factor]);
}

const dft: Operator = (node) => {
  let value = node.input(0);
  const rank = value.shape.length;
  const given = node.opset < 20 ? node.int('axis', 1) : ((node.inputs[2] && node.constant(2)[0]) ?? -2);
  const axis = node.axis(given, rank);
  if (rank < 2 || axis === rank - 1) node.fail(`axis ${given} of [${value.shape}]`);
  const [inverse, onesided] = [Boolean(node.int('inverse', 0)), Boolean(node.int('onesided', 0))];
  const order = Array.from({ length: rank }, (_, i) => i);
  const perm = [...order.toSpliced(axis, 1).slice(0, -1), axis, rank - 1];
  const half = inverse && onesided;
  const length =
    (node.inputs[1] && node.constant(1)[0]) ?? (half ? 2 * (value.shape[axis]! - 1) : value.shape[axis]!);
  if (!(length > 0)) node.fail(`a transform of ${length} samples`);
  if (half) value = bothHalves(node, value, axis, length);
  const samples = Math.min(length, value.shape[axis]!);
  if (samples < value.shape[axis]!)
    value = node.call('Slice', [value, known([0]), known([samples]), known([axis])]);
  const rows = node.call('Transpose', [value], { perm });
  const count = bins(length, onesided && !half);
  const y = node.call('MatMul', [
    flattened(rows),
    basis(node, length, samples, value.shape.at(-1)!, count, inverse),
  ]);
  const shaped = { ...y, shape: [...y.shape.slice(0, -1), count, 2], of: y };
  const all = node.call('Transpose', [shaped], { perm: order.map((i) => perm.indexOf(i)) });
  // of real numbers
  node.alias(half ? node.call('Slice', [all, known([0]), known([1]), known([rank - 1])]) : all);
};

const stft: Operator = (node) => {
  const signal = node.input(0);
  const [B, L, parts = 1] = signal.shape as [number, number, number?];
  const step = node.constant(1)[0]!;
  const frame = node.inputs[2];
  const length = (node.inputs[3] && node.constant(3)[0]) ?? frame?.size ?? node.fail('has no frame_length');
  if (!(step > 0 && length > 0 && length <= L))
    node.fail(`frames of ${length} samples, every ${step}, of ${L}`);
  const count = Math.floor((L - length) / step) + 1;
  if (count * length > MOST) node.fail(`${count} frames of ${length} samples`);
  const at = Array.from({ length: count * length }, (_, i) => Math.floor(i / length) * step + (i % length));
  const whole = { ...signal, shape: [B, L, parts], of: signal };
  let frames = node.call('Gather', [whole, known(at, 7, [count, length])], { axis: 1 });
  if (frame) frames = node.call('Mul', [frames, { ...frame, shape: [length, 1], of: frame }]);
  const k = bins(length, Boolean(node.int('onesided', 1)));
  const y = node.call('MatMul', [flattened(frames), basis(node, length, length, parts, k, false)]);
  node.alias(y, [B, count, k, 2]);
};

/** Windows and Fourier transforms, as products with their basis. */
export const SIGNALS: Operators = {
  HannWindow: window([0.5, -0.5]),
  HammingWindow: window([25 / 46, -21 / 46]),
  BlackmanWindow: window([0.42, -0.5, 0.08]),
  DFT: dft,
  STFT: stft,
};
