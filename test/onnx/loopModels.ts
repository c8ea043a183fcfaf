import { expect } from 'vitest';
import type { OnnxSession } from '../../src/onnx/index.ts';
import { SessionMemory } from '../../src/onnxSession/memory.ts';
import { Planner } from '../../src/onnxSession/planner.ts';
import { type Fields, model, port } from './encode.ts';
import { ALL, sessionOf } from './sessionOf.ts';

/** How the body of a loop is written. */
export interface Written {
  readonly kind: 'LSTM' | 'GRU' | 'RNN';
  /** GRU: where the reset gate multiplies. */
  readonly resetAfter?: boolean;
  /** Gates as the columns of the weights have them. */
  readonly order: readonly string[];
  /** MatMul and Add, Gemm with a transposed matrix, or one product of [x, h]. */
  readonly products: 'MatMul' | 'Gemm' | 'Concat';
  /** Columns by Split or by Slice. */
  readonly parts: 'Split' | 'Slice';
  /** GRU: (1 − z) n + z h, n + z (h − n), or z n + (1 − z) h. */
  readonly mix?: 'both' | 'difference' | 'turned';
  /** Operators of the gates and of what goes through them. */
  readonly inner: string;
  readonly outer: string;
  /** LSTM: gates see c. */
  readonly peepholes?: boolean;
  readonly loop: 'Loop' | 'Scan' | 'Scan backwards';
}

export const [T, N, I, H] = [5, 2, 3, 4];

/** Numbers of a seed between −1 and 1. */
export function numbers(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.fround(state / 2 ** 31 - 1);
  });
}

const int = (name: string, i: number) => ({ name, type: 2, i });
const floats = (name: string, dims: number[], seed: number): Fields => ({
  name,
  dims,
  dataType: 1,
  floatData: numbers(
    dims.reduce((a, b) => a * b, 1),
    seed,
  ),
});
const ints = (name: string, ...int64Data: number[]): Fields => ({
  name,
  dims: [int64Data.length],
  dataType: 7,
  int64Data,
});
const scalar = (name: string, dataType: number, value: Fields): Fields => ({
  name,
  dims: [],
  dataType,
  ...value,
});

/** Nodes of a body, made one by one. */
class Body {
  readonly nodes: Fields[] = [];
  readonly constants: Fields[] = [];
  #count = 0;

  op(opType: string, input: string[], attribute: Fields[] = [], outputs = 1): string[] {
    const output = Array.from({ length: outputs }, () => `v${this.#count++}`);
    this.nodes.push({ opType, input, output, attribute });
    return output;
  }

  one(opType: string, ...input: string[]): string {
    return this.op(opType, input)[0]!;
  }

  constant(tensor: Fields): string {
    this.constants.push(tensor);
    return tensor.name as string;
  }

  /** Columns of a value by gate. */
  columns({ parts, order }: Pick<Written, 'parts' | 'order'>, value: string): Map<string, string> {
    if (parts === 'Split') {
      const made = this.op('Split', [value], [int('axis', 1)], order.length);
      return new Map(order.map((gate, k) => [gate, made[k]!]));
    }
    return new Map(
      order.map((gate, k) => {
        const [from, to] = [k * H, (k + 1) * H].map((at) => this.constant(ints(`s${this.#count++}`, at)));
        return [gate, this.op('Slice', [value, from!, to!, 'last'])[0]!];
      }),
    );
  }

  /** value · weights of `rows` rows and `columns` columns, with a row that is added. */
  product(how: Written['products'], value: string, rows: number, columns: number, seed: number): string {
    const bias = this.constant(floats(`b${seed}`, [columns], seed + 50));
    if (how === 'Gemm') {
      const w = this.constant(floats(`w${seed}`, [columns, rows], seed));
      return this.op('Gemm', [value, w, bias], [int('transB', 1)])[0]!;
    }
    return this.one(
      'Add',
      this.one('MatMul', value, this.constant(floats(`w${seed}`, [rows, columns], seed))),
      bias,
    );
  }
}

/** What a step of the cell gives: the next states by name. */
function cellOf(body: Body, how: Written, x: string): { h: string; c?: string } {
  const { kind, inner, outer, products } = how;
  const G = how.order.length;
  const act = (op: string, value: string) => (op ? body.one(op, value) : value);
  if (kind === 'GRU') return gruOf(body, how, x);
  const sum =
    products === 'Concat'
      ? body.product('MatMul', body.op('Concat', [x, 'h'], [int('axis', -1)])[0]!, I + H, G * H, 1)
      : body.one('Add', body.product(products, 'h', H, G * H, 1), body.product(products, x, I, G * H, 2));
  if (kind === 'RNN') return { h: act(outer, sum) };
  const gates = body.columns(how, sum);
  const gate = (name: string, c: string) => {
    const own = gates.get(name)!;
    const seen = () => body.one('Mul', body.constant(floats(`p${name}`, [H], 70 + name.charCodeAt(0))), c);
    return act(
      name === 'g' ? outer : inner,
      how.peepholes && name !== 'g' ? body.one('Add', own, seen()) : own,
    );
  };
  const kept = body.one('Mul', 'c', gate('f', 'c'));
  const c = body.one('Add', body.one('Mul', gate('g', 'c'), gate('i', 'c')), kept);
  return { h: body.one('Mul', act(outer, c), gate('o', c)), c };
}

function gruOf(body: Body, how: Written, x: string): { h: string } {
  const { products, inner, outer, order, mix } = how;
  const own = products === 'Concat' ? 'MatMul' : products;
  const fromX = body.columns(how, body.product(own, x, I, 3 * H, 1));
  const gatesOnly = order.filter((gate) => gate !== 'n');
  const after = how.resetAfter!;
  const fromH = after
    ? body.columns(how, body.product(own, 'h', H, 3 * H, 2))
    : body.columns({ ...how, order: gatesOnly }, body.product(own, 'h', H, 2 * H, 2));
  const gate = (name: string) => body.one(inner, body.one('Add', fromH.get(name)!, fromX.get(name)!));
  const r = gate('r');
  const rest = after
    ? body.one('Mul', r, fromH.get('n')!)
    : body.product(own, body.one('Mul', 'h', r), H, H, 3);
  const sum = body.one('Add', fromX.get('n')!, rest);
  const n = outer ? body.one(outer, sum) : sum;
  const z = gate('z');
  if (mix === 'difference') return { h: body.one('Add', n, body.one('Mul', z, body.one('Sub', 'h', n))) };
  const [a, b] = mix === 'turned' ? [n, 'h'] : ['h', n];
  const other = body.one('Sub', body.constant(scalar('one', 1, { floatData: [1] })), z);
  return { h: body.one('Add', body.one('Mul', other, b), body.one('Mul', z, a)) };
}

/** A model of x [T, N, I] with a loop; with `more` it gives the negative of h besides, which no operator does. */
export function loopModel(how: Written, more: boolean): Uint8Array {
  const body = new Body();
  body.constant(ints('last', -1));
  const lstm = how.kind === 'LSTM';
  const scan = how.loop !== 'Loop';
  const x = scan ? 'step' : body.op('Gather', ['x', 'at'], [int('axis', 0)])[0]!;
  const next = cellOf(body, how, x);
  const states = lstm ? ['h', 'c'] : ['h'];
  const after = lstm ? [next.h, next.c!] : [next.h];
  const kept = [body.one('Identity', next.h), ...(more ? [body.one('Neg', next.h)] : [])];
  const value = (name: string, elemType: number) => ({
    name,
    type: { tensorType: { elemType, shape: { dim: [] } } },
  });
  const shaped = (names: string[]) => names.map((name) => port(name));
  const steps = scan ? [] : [body.one('Add', 'at', body.constant(scalar('step1', 6, { int32Data: [1] })))];
  const go = scan
    ? []
    : [
        body.one(
          'Less',
          body.op('Cast', [steps[0]!], [int('to', 1)])[0]!,
          body.constant(scalar('T', 1, { floatData: [T] })),
        ),
      ];
  const graph = {
    name: 'body',
    node: body.nodes,
    initializer: body.constants,
    input: scan
      ? shaped([...states, 'step'])
      : [value('i', 7), value('go', 9), value('at', 6), ...shaped(states)],
    output: shaped([...go, ...steps, ...after, ...kept]),
  };
  const initial = states.map((name, k) => floats(`${name}0`, [N, H], 90 + k));
  const outputs = ['hN', ...(lstm ? ['cN'] : []), 'y'];
  const attribute: Fields[] = [{ name: 'body', type: 5, g: graph }];
  if (scan) attribute.push(int('num_scan_inputs', 1));
  if (how.loop === 'Scan backwards')
    attribute.push(
      { name: 'scan_input_directions', type: 7, ints: [1] },
      { name: 'scan_output_directions', type: 7, ints: more ? [1, 0] : [1] },
    );
  const node = {
    opType: scan ? 'Scan' : 'Loop',
    input: scan
      ? [...states.map((name) => `${name}0`), 'x']
      : ['most', '', 'at0', ...states.map((n) => `${n}0`)],
    output: [...(scan ? [] : ['count']), ...outputs, ...(more ? ['negative'] : [])],
    attribute,
  };
  return model({
    node: [node],
    initializer: [...initial, scalar('most', 7, { int64Data: [99] }), scalar('at0', 6, { int32Data: [0] })],
    input: [port('x', [T, N, I])],
    output: [...outputs, ...(more ? ['negative'] : [])].map((name) => port(name)),
  });
}

/** Operators that a run of a session has. */
export function plannedOps({ file }: OnnxSession, shape: readonly number[]): string[] {
  const ops: string[] = [];
  const memory = new SessionMemory();
  const planner = new Planner(file, ALL, memory);
  planner.onNode = ({ node }) => void ops.push(node.op);
  const { name } = file.graph.inputs[0]!;
  planner.model(new Map([[name, { dtype: 1, shape, size: shape.reduce((a, b) => a * b, 1) }]]));
  memory.arena.dispose();
  return ops;
}

/** Functions of gates, and of what goes through them; '' for none. */
export const FUNCTIONS = [
  ['Sigmoid', 'Tanh'],
  ['HardSigmoid', 'Relu'],
  ['Sigmoid', 'Elu'],
  ['Softsign', 'Softplus'],
  ['HardSigmoid', ''],
] as const;

/** Loops and products in all pairs, with `each` functions; other options in turns. */
export function forms(each: number): [string, Written][] {
  const loops = ['Loop', 'Scan', 'Scan backwards'] as const;
  const orders = { LSTM: ['ifgo', 'iofg', 'gifo'], GRU: ['zrn', 'rzn'], RNN: ['h'] } as const;
  const all: Written[] = [];
  let k = 0;
  for (const kind of ['LSTM', 'GRU', 'RNN'] as const)
    for (const loop of loops)
      for (const products of ['MatMul', 'Gemm', 'Concat'] as const)
        for (let f = 0; f < each; f++) {
          k++;
          const [inner, outer] = FUNCTIONS[each === 1 ? k % 5 : f]!;
          const order = [...orders[kind][k % orders[kind].length]!];
          const how = {
            kind,
            loop,
            products,
            parts: k % 2 ? 'Split' : 'Slice',
            order,
            inner,
            outer,
          } as const;
          // 1 − z of a gate that is not symmetric is none, and h − n shows what n is by its function
          const mixes = [
            'both',
            ...(outer ? ['difference'] : []),
            ...(inner === 'Softsign' ? [] : ['turned']),
          ];
          if (kind === 'LSTM') all.push({ ...how, peepholes: k % 3 === 0 });
          else if (kind === 'RNN') all.push(how);
          else all.push({ ...how, resetAfter: k % 4 < 2, mix: mixes[k % mixes.length] as 'both' });
        }
  return all.map((how) => [Object.values(how).join(' '), how]);
}

/** Expects that a loop runs as a layer, and gives what its steps give. */
export function expectFused(how: Written): void {
  const x = { data: Float32Array.from(numbers(T * N * I, 7)), shape: [T, N, I] };
  const [fused, plain] = [false, true].map((more) => sessionOf(loopModel(how, more))) as [
    OnnxSession,
    OnnxSession,
  ];
  const ops = plannedOps(fused, x.shape);
  expect(ops).toContain(how.kind);
  expect(ops).not.toContain('Mul');
  expect(plannedOps(plain, x.shape)).not.toContain(how.kind);
  const [got, expected] = [fused.run({ x }), plain.run({ x })];
  for (const [name, { data, shape }] of Object.entries(got)) {
    expect(shape).toEqual(expected[name]!.shape);
    const largest = Math.max(1, ...Array.from(data as Float32Array, Math.abs));
    for (const [i, v] of (data as Float32Array).entries())
      expect(Math.abs(v - (expected[name]!.data[i] as number))).toBeLessThanOrEqual(1e-5 * largest);
  }
  expect(got.y!.shape).toEqual([T, N, H]);
  fused.dispose();
  plain.dispose();
}
