import { elements } from '../allocate.ts';
import { gemmWork } from '../memory/forwardWorkspace.ts';
import { known, type Operator, type Operators, type PlannedNode } from '../onnxSession/node.ts';
import { broadcastShape, broadcastStrides } from '../onnxSession/strided.ts';
import type { Value } from '../onnxSession/value.ts';
import { linearAttention } from './linearAttention.ts';

const FLOAT = 1;
const NONE = Number.NEGATIVE_INFINITY;

/** What one attention computes; sequences are [B, heads, steps, features]. */
interface Attended {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly scale: number;
  /** Added to the scores, to be broadcast to [B, heads, Sq, Sk]; a bool mask: where keys are seen. */
  readonly mask?: Value | undefined;
  /** Number of keys of each row. */
  readonly lengths?: Value | undefined;
  /** Keys before the first query; undefined: as many as make the last query see all keys of a row. */
  readonly offset?: number | undefined;
  readonly causal: boolean;
  /** Keys that are seen before and after a query; −1 for all. */
  readonly window: readonly [number, number];
  readonly softcap: number;
  /** The second output: products (0), after softcap (1), after the mask (2), probabilities (3). */
  readonly scores?: number | undefined;
}

/** Adds the step of softmax(q·kᵀ·scale + mask)·v; gives the output, and the scores. */
function attend(node: PlannedNode, spec: Attended): Value[] {
  const { q, k, v, scale, mask, lengths, causal, softcap, window } = spec;
  const [B, H, Sq, d] = q.shape as [number, number, number, number];
  const [, G, Sk, dk] = k.shape as [number, number, number, number];
  const dv = v.shape[3]!;
  const fits = q.shape.length === 4 && k.shape.length === 4 && v.shape.length === 4 && d === dk;
  if (!fits || k.shape[0] !== B || H % G || String(v.shape.slice(0, 3)) !== String(k.shape.slice(0, 3)))
    node.fail(`q [${q.shape}], k [${k.shape}], v [${v.shape}]`);
  // a mask of fewer keys hides those after them
  const seen = mask?.shape.length && mask.shape.at(-1) !== 1 ? mask.shape.at(-1)! : Sk;
  const whole = [B, H, Sq, seen];
  if (mask && String(broadcastShape([mask.shape, whole])) !== String(whole))
    node.fail(`a mask [${mask.shape}] for [${whole}]`);
  const make = (shape: readonly number[]): Value => ({
    dtype: FLOAT,
    shape,
    size: elements(shape),
  });
  const outputs = [make([B, H, Sq, dv]), ...(spec.scores === undefined ? [] : [make([B, H, Sq, Sk])])];
  const isBool = mask?.dtype === 9;
  const strides = mask && broadcastStrides(mask.shape, whole);
  const bytes = 64 * Math.ceil((4 * Sq * Sk) / 64);
  node.step(
    ({ kernels, f32, x, y, px, py, work }) => {
      for (let n = 0; n < B * H; n++) {
        const [b, h] = [Math.floor(n / H), n % H];
        const own = b * G + Math.floor((h * G) / H);
        kernels.sgemm_nt(
          Sq,
          Sk,
          d,
          px[0]! + 4 * n * Sq * d,
          d,
          px[1]! + 4 * own * Sk * d,
          d,
          0,
          work,
          Sk,
          work + bytes,
        );
        const length = lengths ? x[4]![b]! : Sk;
        const offset = spec.offset ?? length - Sq;
        for (let i = 0; i < Sq; i++) {
          const row = work / 4 + i * Sk;
          const write = (kind: number, j: number, v: number) => {
            if (spec.scores === kind) y[1]![(n * Sq + i) * Sk + j] = v;
          };
          let largest = NONE;
          for (let j = 0; j < Sk; j++) {
            let score = f32[row + j]! * scale;
            write(0, j, score);
            if (softcap) score = softcap * Math.tanh(score / softcap);
            write(1, j, score);
            const hidden =
              j >= length ||
              j >= seen ||
              (causal && j > i + offset) ||
              (window[0] >= 0 && j < i + offset - window[0]) ||
              (window[1] >= 0 && j > i + offset + window[1]);
            if (hidden) score = NONE;
            else if (strides) {
              const at = x[3]![b * strides[0]! + h * strides[1]! + i * strides[2]! + j * strides[3]!]!;
              score = !isBool ? score + at : at ? score : NONE;
            }
            write(2, j, score);
            f32[row + j] = score;
            if (score > largest) largest = score;
          }
          let sum = 0;
          for (let j = 0; j < Sk; j++)
            sum += f32[row + j] = largest === NONE ? 0 : Math.exp(f32[row + j]! - largest);
          for (let j = 0; j < Sk; j++) {
            f32[row + j]! *= sum ? 1 / sum : 0;
            write(3, j, f32[row + j]!);
          }
        }
        kernels.sgemm_nn(
          Sq,
          dv,
          Sk,
          work,
          Sk,
          px[2]! + 4 * own * Sk * dv,
          dv,
          0,
          py[0]! + 4 * n * Sq * dv,
          dv,
          work + bytes,
        );
      }
    },
    {
      scratch: bytes + Math.max(gemmWork(Sq, Sk, d), gemmWork(Sq, dv, Sk)),
      inputs: [q, k, v, mask, lengths],
      outputs,
    },
  );
  return outputs;
}

/** [B, S, heads · d] as [B, heads, S, d]. */
function heads(node: PlannedNode, value: Value, count: number): Value {
  if (value.shape.length !== 3) return value;
  const [B, S, size] = value.shape as [number, number, number];
  if (!count || size % count) node.fail(`${count} heads of ${size} features`);
  const split = { ...value, shape: [B, S, count, size / count], of: value };
  return node.call('Transpose', [split], { perm: [0, 2, 1, 3] });
}

/** [B, heads, S, d] as [B, S, heads · d]. */
function joined(node: PlannedNode, value: Value): Value {
  const [B, H, S, d] = value.shape as [number, number, number, number];
  const turned = node.call('Transpose', [value], { perm: [0, 2, 1, 3] });
  return { ...turned, shape: [B, S, H * d], of: turned };
}

function after(node: PlannedNode, past: Value | undefined, value: Value): Value {
  return past?.size ? node.call('Concat', [past, value], { axis: 2 }) : value;
}

const attention: Operator = (node) => {
  const packed = node.input(0).shape.length === 3;
  const [qHeads, kvHeads] = [node.int('q_num_heads', 0), node.int('kv_num_heads', 0)];
  const q = heads(node, node.input(0), qHeads);
  const [pastK, pastV, lengths] = [4, 5, 6].map((i) => node.inputs[i]);
  const k = after(node, pastK, heads(node, node.input(1), kvHeads));
  const v = after(node, pastV, heads(node, node.input(2), kvHeads));
  if (lengths) node.shaped(6, [q.shape[0]!]);
  const mode = node.int('qk_matmul_output_mode', 0);
  const wanted = Boolean(node.node.outputs[3]);
  const [y, scores] = attend(node, {
    q,
    k,
    v,
    scale: node.float('scale', 0) || 1 / Math.sqrt(q.shape[3]!),
    mask: node.inputs[3],
    lengths,
    causal: Boolean(node.int('is_causal', 0)),
    window: [node.int('left_window_size', -1), node.int('right_window_size', -1)],
    offset: lengths ? undefined : (pastK?.shape[2] ?? 0),
    softcap: node.float('softcap', 0),
    scores: wanted ? mode : undefined,
  });
  node.alias(packed ? joined(node, y!) : y!);
  node.alias(k);
  node.alias(v);
  if (scores) node.alias(scores);
};

/** Attention of ONNX Runtime over q, k, v; raw masks 1 where keys are seen, or numbers of keys. */
function contributed(
  node: PlannedNode,
  q: Value,
  k: Value,
  v: Value,
  mask: Value | undefined,
  bias: Value | undefined,
  past: number,
): void {
  const B = q.shape[0]!;
  const byLength = mask?.shape.length === 1;
  if (byLength && mask!.size !== B) node.fail(`a mask of ${mask!.size} numbers for ${B} rows`);
  let added = bias;
  if (mask && !byLength) {
    const hidden = node.call('Sub', [known([1], FLOAT, []), node.call('Cast', [mask], { to: FLOAT })]);
    const filled = node.call('Mul', [hidden, known([node.float('mask_filter_value', -10_000)], FLOAT, [])]);
    const shape = filled.shape.length === 2 ? [B, 1, 1, filled.shape[1]!] : [B, 1, ...filled.shape.slice(-2)];
    const own = { ...filled, shape, of: filled };
    added = bias ? node.call('Add', [own, bias]) : own;
  }
  const [y] = attend(node, {
    q,
    k,
    v,
    scale: node.float('scale', 0) || 1 / Math.sqrt(q.shape[3]!),
    mask: added,
    lengths: byLength ? mask : undefined,
    causal: Boolean(node.int('unidirectional', 0)),
    window: [-1, -1],
    offset: past,
    softcap: 0,
  });
  node.alias(joined(node, y!));
}

/** Parts of the last dimension, of the given sizes. */
function parts(node: PlannedNode, value: Value, sizes: readonly number[]): Value[] {
  return node.calls('Split', [value, known(sizes)], { axis: -1 }, sizes.length);
}

const packedAttention: Operator = (node) => {
  if (node.int('do_rotary', 0)) node.fail('do_rotary is not supported');
  const [x, w, bias, mask, past] = [node.input(0), node.input(1), ...[2, 3, 4].map((i) => node.inputs[i])];
  const width = w!.shape[1]!;
  const sizes = node.ints('qkv_hidden_sizes') ?? [width / 3, width / 3, width / 3];
  const all = node.call('MatMul', [x, w]);
  const count = node.int('num_heads', 0);
  const [q, k, v] = parts(node, bias ? node.call('Add', [all, bias]) : all, sizes).map((part) =>
    heads(node, part, count),
  );
  const before = past?.shape[3] ?? 0;
  const states =
    past &&
    node
      .calls('Split', [past, known([1, 1])], { axis: 0 }, 2)
      .map((own) => ({ ...own, shape: own.shape.slice(1), of: own }));
  const [keys, values] = [after(node, states?.[0], k!), after(node, states?.[1], v!)];
  contributed(node, q!, keys, values, mask, node.inputs[5], before);
  if (!node.node.outputs[1]) return;
  const one = (own: Value) => ({ ...own, shape: [1, ...own.shape], of: own });
  node.alias(node.call('Concat', [one(keys), one(values)], { axis: 0 }));
};

const multiHeadAttention: Operator = (node) => {
  const count = node.int('num_heads', 0);
  const query = node.input(0);
  const [, key, value, bias, mask, added, pastK, pastV] = node.inputs;
  if (!key || !value) return node.fail('packed keys and values are not supported');
  const width = query.shape.at(-1)!;
  const biases = bias && parts(node, bias, [width, width, bias.size - 2 * width]);
  const [q, k, v] = [query, key, value].map((own, i) =>
    heads(node, biases && own.shape.length === 3 ? node.call('Add', [own, biases[i]]) : own, count),
  );
  const [keys, values] = [after(node, pastK, k!), after(node, pastV, v!)];
  contributed(node, q!, keys, values, mask, added, pastK?.shape[2] ?? 0);
  node.alias(keys);
  node.alias(values);
};

/** Rotates pairs of features by the angle of their step. `inputs`: x, cosines, sines, indices of steps. */
function rotary(
  node: PlannedNode,
  x: Value,
  cos: Value,
  sin: Value,
  ids: Value | undefined,
  count: number,
): void {
  const packed = x.shape.length === 3;
  const all = packed ? heads(node, x, count) : x;
  const size = all.shape[3]!;
  const width = node.int('rotary_embedding_dim', 0) || size;
  const half = width / 2;
  const [B, , S] = all.shape as [number, number, number];
  const angles = [cos, sin].map((table) => {
    const own = ids ? node.call('Gather', [table, ids], { axis: 0 }) : table;
    const shape = [own.size / (S * half), 1, S, half];
    if (shape[0] !== B && shape[0] !== 1) node.fail(`angles [${own.shape}] for [${x.shape}]`);
    return { ...own, shape, of: own };
  });
  const slice = (from: number, to: number, step = 1) =>
    node.call('Slice', [all, known([from]), known([to]), known([3]), known([step])]);
  const apart = Boolean(node.int('interleaved', 0));
  const [a, b] = apart ? [slice(0, width, 2), slice(1, width, 2)] : [slice(0, half), slice(half, width)];
  const [c, s] = angles;
  const two = (op: string, p: Value, q: Value) => node.call(op, [p, q]);
  const real = two('Sub', two('Mul', a, c!), two('Mul', b, s!));
  const imaginary = two('Add', two('Mul', a, s!), two('Mul', b, c!));
  let turned: Value;
  if (apart) {
    const column = (own: Value) => ({ ...own, shape: [...own.shape, 1], of: own });
    const pairs = node.call('Concat', [column(real), column(imaginary)], { axis: 4 });
    turned = { ...pairs, shape: [...all.shape.slice(0, 3), width], of: pairs };
  } else turned = node.call('Concat', [real, imaginary], { axis: 3 });
  const y = width === size ? turned : node.call('Concat', [turned, slice(width, size)], { axis: 3 });
  node.alias(packed ? joined(node, y) : y);
}

/** Attention in ONNX. */
export const ATTENTION: Operators = {
  Attention: attention,
  LinearAttention: linearAttention,
  RotaryEmbedding: (node) =>
    rotary(node, node.input(0), node.input(1), node.input(2), node.inputs[3], node.int('num_heads', 0)),
};

/** Attention of ONNX Runtime. */
export const CONTRIBUTED_ATTENTION: Operators = {
  Attention: packedAttention,
  MultiHeadAttention: multiHeadAttention,
};
