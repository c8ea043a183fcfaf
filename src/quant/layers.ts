import type { Layer, LayerScope, ParameterSpec, Pass } from '../engine/layer.ts';
import { activationPass, isIdentity, layerActivation } from '../layers/activationPass.ts';
import { Embedding } from '../layers/embedding.ts';
import type { Linear } from '../layers/graph/linear.ts';
import { Linear as CoreLinear } from '../layers/linear.ts';
import { Recurrent } from '../layers/recurrent/recurrent.ts';
import { runningState } from '../layers/recurrent/states.ts';
import { Conv1d } from '../layers/sequence/conv1d.ts';
import { WindowTable } from '../layers/sequence/windowTable.ts';
import type { Region } from '../memory/layout.ts';
import { align } from '../memory/layout.ts';
import { QUANT_ROWS } from '../wasm/generated/constants.ts';
import { KINDS, quantCell } from './cell.ts';
import { quantKernels } from './kernels.ts';
import { MAX_COLUMNS, type MatrixSpec, packedBytes, quantWork, sizesOf } from './matrix.ts';
import { refuseTraining } from './refuse.ts';

/** What a quantized layer has instead of what the float layer has. */
interface Changes {
  readonly matrices: readonly MatrixSpec[];
  readonly own: Readonly<Record<string, unknown>>;
}

/** Why a layer can't be quantized, as a text, or how it is. */
type Recipe = (layer: Layer, planes: number) => Changes | string;

/** Options of recurrent layers that change nothing in inference, or that quantized ones have, too. */
const RECURRENT_OPTIONS = new Set(
  `inputSize hiddenSize numLayers bias bidirectional mergeMode dropout inputDropout clipStepNorm recurrentDropout
  penalty nonlinearity name`.split(/\s+/),
);

function recurrent(layer: Layer, planes: number): Changes | string {
  if (!(layer instanceof Recurrent)) return 'a layer of its own kind';
  const config = layer.config();
  const other = Object.keys(config).find((key) => !RECURRENT_OPTIONS.has(key));
  if (other) return `${other} is not quantized`;
  const name = layer.type === 'RNN' ? `${config.nonlinearity}` : layer.type.toLowerCase();
  if (!Object.hasOwn(KINDS, name)) return `nonlinearity ${name} is not quantized`;
  const kind = KINDS[name as keyof typeof KINDS];
  const order = 'order' in kind ? kind.order(layer.hiddenSize) : undefined;
  const matrices = layer.parameters.flatMap(({ name, shape }): MatrixSpec[] => {
    if (name.startsWith('weight_ih')) return [{ name, shape, order }];
    return name.startsWith('weight_hh') ? [{ name, shape }] : [];
  });
  return { matrices, own: { cell: quantCell(layer.cell, kind, planes) } };
}

function linear(layer: Layer, planes: number): Changes | string {
  if (!(layer instanceof CoreLinear)) return 'a layer of its own kind';
  const { inFeatures: k, outFeatures: n, bias } = layer;
  const { activation = 'identity', tied } = layer as Linear;
  const matrices = layer.parameters.filter(({ name }) => name === 'weight');
  const reserve = (scope: LayerScope, input: Region): Pass[] => {
    refuseTraining(scope);
    const { arena, rows, steps, batch } = scope;
    const w = scope.parameter('weight', tied).ptr;
    const b = bias ? scope.parameter('bias').ptr : 0;
    const output = scope.output('linear', steps, batch, n);
    const work = scope.work(quantWork(k, planes));
    const kernels = quantKernels(arena);
    const forward = () =>
      kernels.quant_linear(rows.count, n, k, planes, input.ptr, w, b, output.ptr, work.ptr);
    const pass = { output, states: [], forward, backward: () => {} };
    if (isIdentity(activation)) return [pass];
    return [pass, activationPass(scope, output, layerActivation('activation', activation), true)];
  };
  return { matrices, own: { reserve } };
}

function embedding(layer: Layer): Changes | string {
  if (!(layer instanceof Embedding)) return 'a layer of its own kind';
  const { numEmbeddings: n, embeddingDim: k } = layer;
  const reserve = (scope: LayerScope, input: Region): Pass[] => {
    refuseTraining(scope);
    const { arena, rows, steps, batch } = scope;
    const w = scope.parameter('weight').ptr;
    const output = scope.output('embedding', steps, batch, k);
    const kernels = quantKernels(arena);
    const forward = () => kernels.quant_gather(rows.count, n, k, w, input.ptr, output.ptr);
    return [{ output, states: [], forward, backward: () => {} }];
  };
  return { matrices: layer.parameters, own: { reserve, lookup: undefined } };
}

function conv1d(layer: Layer, planes: number): Changes | string {
  if (!(layer instanceof Conv1d)) return 'a layer of its own kind';
  const { inChannels: I, outChannels: O, kernelSize, groups, geometry, bias, keepsState } = layer;
  if (groups > 1) return 'groups above 1 are not quantized';
  const K = I * kernelSize;
  // channel by channel the taps, packed tap by tap the channels
  const order = { column: (c: number) => (c % kernelSize) * I + Math.floor(c / kernelSize) };
  const matrices = [{ name: 'weight', shape: [O, I, kernelSize], order }];
  const reserve = (scope: LayerScope, input: Region): Pass[] => {
    refuseTraining(scope);
    const { arena, batch, steps } = scope;
    const outSteps = Math.max(geometry.steps(steps), 1);
    const windows = new WindowTable(scope, geometry, outSteps);
    const w = scope.parameter('weight').ptr;
    const b = bias ? scope.parameter('bias').ptr : 0;
    const state = keepsState ? runningState(scope, 'context', geometry.span * I) : undefined;
    const output = scope.output('conv1d', outSteps, batch, O);
    const columns = align(QUANT_ROWS * K * 4);
    const work = scope.work(columns + quantWork(K, planes));
    const kernels = quantKernels(arena);
    const forward = () => {
      const [table, at, before] = [windows.write(), work.ptr, state?.initial.ptr ?? 0];
      // biome-ignore format: the order of the kernel's arguments
      kernels.quant_conv1d(
        table, I, O, planes, input.ptr, before, before, w, b, output.ptr, at, at + columns,
      );
    };
    const pass = { output, states: state ? [state] : [], forward, backward: () => {} };
    if (isIdentity(layer.activation)) return [pass];
    const checked = layerActivation('activation', layer.activation);
    return [pass, activationPass(scope, output, checked, true, windows)];
  };
  return { matrices, own: { reserve } };
}

/** By type; all other layers stay float32. */
const RECIPES: Readonly<Record<string, Recipe>> = {
  RNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
  Linear: linear,
  Embedding: embedding,
  Conv1d: conv1d,
};

/** How layers are quantized that are. */
const quantized = new WeakMap<Layer, readonly MatrixSpec[]>();

/** The matrices of a quantized layer; undefined for one that is not. */
export function matricesOf(layer: Layer): readonly MatrixSpec[] | undefined {
  return quantized.get(layer);
}

/** Whether a layer can be quantized: the reason why not. */
export function whyNot(layer: Layer): string | undefined {
  const changes = changesOf(layer, 1);
  return typeof changes === 'string' ? changes : undefined;
}

function changesOf(layer: Layer, planes: number): Changes | string {
  const recipe = Object.hasOwn(RECIPES, layer.type) ? RECIPES[layer.type] : undefined;
  if (!recipe) return layer.parameters.length ? `${layer.type} is not quantized` : 'no parameters';
  const changes = recipe(layer, planes);
  if (typeof changes === 'string') return changes;
  const wide = changes.matrices.find(({ shape }) => sizesOf(shape)[1] > MAX_COLUMNS);
  return wide ? `${wide.name} has more than ${MAX_COLUMNS} inputs` : changes;
}

/**
 * Makes a layer that is part of no model yet a quantized one: `config().quantized` tells its planes.
 * @returns why it can't be, then nothing was changed
 */
export function makeQuantized(layer: Layer, planes: number): string | undefined {
  const changes = changesOf(layer, planes);
  if (typeof changes === 'string') return changes;
  const { matrices, own } = changes;
  const parameters = layer.parameters.map((spec): ParameterSpec => {
    const matrix = matrices.find(({ name }) => name === spec.name);
    if (!matrix) return spec;
    const [rows, columns] = sizesOf(matrix.shape);
    return { ...spec, shape: [packedBytes(rows, columns) / 4], holds: rows * columns };
  });
  const config = layer.config;
  const withPlanes = (layers?: readonly Layer[]) => ({ ...config.call(layer, layers), quantized: planes });
  for (const [key, value] of Object.entries({ ...own, parameters, config: withPlanes }))
    Object.defineProperty(layer, key, { value });
  quantized.set(layer, matrices);
  return undefined;
}
