import * as unrolled from 'unrolled';
import { type GraphNode, input, type Layer, Model } from 'unrolled';
import { parseSafetensors } from 'unrolled/io';
import { LOSSES, type LossName } from '../../src/losses/table.ts';
import { readFixture } from '../fixtures/read.ts';
import { generator, uniform } from '../reference/random.ts';

/** A graph as ../fixtures/graphs/graphs.py describes it; the format is in ../fixtures/README.md. */
export interface GraphCase {
  readonly seed: number;
  readonly batch: number;
  readonly inputs: Readonly<Record<string, InputCase>>;
  readonly lengths: Readonly<Record<string, readonly number[]>>;
  readonly layers: readonly LayerCase[];
  readonly nodes: readonly NodeCase[];
  readonly outputs: Readonly<Record<string, OutputCase>>;
  readonly loss: number;
  /** What PyTorch computed, in the order of the format. */
  readonly expected: Float32Array;
}

interface InputCase {
  readonly features?: number;
  readonly indices?: number;
  /** Undefined for a vector. */
  readonly steps?: number;
}

interface LayerCase {
  readonly type: string;
  readonly args: readonly unknown[];
  readonly parameters?: readonly (readonly [name: string, shape: number[], scale: number, centre: number])[];
  /** Index of the embedding whose table it multiplies by. */
  readonly tied?: number;
}

interface NodeCase {
  readonly layer: number;
  readonly in: readonly string[];
  readonly states?: Readonly<Record<string, string>>;
}

interface OutputCase {
  readonly node: string;
  readonly size: number;
  /** Undefined for a vector. */
  readonly steps?: number;
  readonly name: LossName;
  readonly options: object;
  readonly weight: number;
  /** Features of a target; 0 for indices. */
  readonly targetSize: number;
}

/** All cases of ../fixtures/graphs/drawn.safetensors. */
export async function graphCases(): Promise<GraphCase[]> {
  const { tensors, metadata } = parseSafetensors(await readFixture('graphs/drawn'));
  const cases = JSON.parse(metadata.cases!) as Omit<GraphCase, 'expected'>[];
  return cases.map((one) => ({ ...one, expected: tensors.get(`${one.seed}`)!.data as Float32Array }));
}

type Constructor = new (...args: unknown[]) => Layer & { apply(...nodes: unknown[]): GraphNode };

/** Numbers in ±1, the same as in the generator. */
const drawn = (seed: number, at: number, length: number) => uniform(generator(seed * 1000 + at), length);

const indicesOf = (values: Float64Array, limit: number) =>
  Int32Array.from(values, (u) => Math.floor(((u + 1) / 2) * limit));

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** The model of a case, with its parameters, and its layers. */
export function buildGraph({ seed, inputs, layers, nodes, outputs }: GraphCase) {
  const of = new Map<string, GraphNode>();
  for (const [name, { features, indices, steps }] of Object.entries(inputs)) {
    of.set(name, indices ? input({ indices }) : input({ features: features!, steps: steps !== undefined }));
  }
  const made: InstanceType<Constructor>[] = [];
  for (const { type, args, tied } of layers) {
    const Layer = (unrolled as unknown as Record<string, Constructor>)[type]!;
    made.push(new Layer(...args, ...(tied === undefined ? [] : [{ tied: made[tied] }])));
  }
  for (const [i, node] of nodes.entries()) {
    const from = node.in.map((ref) => of.get(ref));
    const states = Object.entries(node.states ?? {}).map(([name, ref]) => [name, of.get(ref)]);
    const one = made[node.layer]!.apply(...from, ...(states.length ? [Object.fromEntries(states)] : []));
    of.set(`${i}`, one);
    for (const last of ['hN', 'cN'] as const) {
      if (last in one) of.set(`${i}.${last}`, (one as unknown as Record<string, GraphNode>)[last]!);
    }
  }
  const named = Object.keys(inputs).map((name) => [name, of.get(name)!] as const);
  const results = Object.entries(outputs).map(([name, { node }]) => [name, of.get(node)!] as const);
  const model = new Model({ inputs: Object.fromEntries(named), outputs: Object.fromEntries(results) });
  const state: Record<string, { data: Float32Array; shape: number[] }> = {};
  /** Names of parameters and buffers in the model, in the order of the case. */
  const names: string[] = [];
  for (const [i, { parameters = [] }] of layers.entries()) {
    for (const [p, [name, shape, scale, centre]] of parameters.entries()) {
      const values = drawn(seed, 100 + 20 * i + p, count(shape));
      names.push(`${model.layers.indexOf(made[i]!)}.${name}`);
      state[names.at(-1)!] = { data: Float32Array.from(values, (u) => u * scale + centre), shape };
    }
  }
  model.loadStateDict(state);
  return { model, names };
}

/** Inputs and targets of a case, by name. */
export function batchOf({ seed, batch, inputs, outputs }: GraphCase) {
  const x = Object.entries(inputs).map(([name, { features, indices, steps }], i) => {
    const shape = [...(steps === undefined ? [] : [steps]), batch, ...(features ? [features] : [])];
    const values = drawn(seed, i, count(shape));
    return [name, { data: indices ? indicesOf(values, indices) : Float32Array.from(values), shape }];
  });
  const y = Object.entries(outputs).map(([name, { name: loss, size, steps, targetSize }], i) => {
    const shape = [...(steps === undefined ? [] : [steps]), batch, ...(targetSize ? [targetSize] : [])];
    const values = drawn(seed, 10 + i, count(shape));
    if (!targetSize) return [name, { data: indicesOf(values, size), shape }];
    const data = Float32Array.from(values, loss === 'bceWithLogits' ? (u) => (u + 1) / 2 : undefined);
    return [name, { data, shape }];
  });
  return { x: Object.fromEntries(x), y: Object.fromEntries(y) };
}

/** Losses and their weights by output. */
export function lossesOf({ outputs }: GraphCase) {
  const each = Object.entries(outputs);
  return {
    loss: Object.fromEntries(each.map(([name, one]) => [name, LOSSES[one.name](one.options as never)])),
    lossWeights: Object.fromEntries(each.map(([name, { weight }]) => [name, weight])),
  };
}
