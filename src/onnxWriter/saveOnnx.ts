import { boolean, options } from '../check.ts';
import type { JoinLayer } from '../engine/join.ts';
import type { Layer } from '../engine/layer.ts';
import { FormatError } from '../errors.ts';
import { encode } from '../formats/onnx/encode.ts';
import type { Model } from '../model/graph/model.ts';
import { ownModel } from '../model/ownModel.ts';
import type { Sequential } from '../model/sequential.ts';
import { type Dims, GraphBuilder } from './graphBuilder.ts';
import type { Parameter } from './layerCall.ts';
import { WRITERS } from './layers.ts';
import { type Shape, type View, viewOf } from './modelView.ts';

/** Options of `saveOnnx`. */
export interface SaveOnnxOptions {
  /**
   * Whether the states of recurrent layers are inputs and outputs: `0.h0` and `0.hN`, [layers · directions, B, H], for the
   * layer 0. Default false: they start from zeros, or from the model's own.
   */
  readonly states?: boolean | undefined;
  /** Whether rows come first: sequences [B, T, F], states [B, layers · directions, H]. Default false. */
  readonly batchFirst?: boolean | undefined;
}

/** Opset with LayerNormalization, and the format's version that has it. */
const [OPSET, IR_VERSION] = [17, 8];

/**
 * Writes a model as an ONNX file (opset 17) with free numbers of steps and rows. Inputs and outputs are those of
 * `forward`: sequences [T, B, F], indices [T, B] of int64, vectors [B, F]. Lengths are not part of it.
 * Of a quantized model the weights stay int8: an LSTM is ONNX Runtime's DynamicQuantizeLSTM, other layers compute in float32.
 *
 * @throws {FormatError} if a layer, an option or a `maskValue` can't be said with ONNX's operators; the message names the layer or input
 * @throws {ArgumentError} if it is not a model, or an option is unknown
 */
export function saveOnnx(model: Sequential | Model, opts?: SaveOnnxOptions): Uint8Array<ArrayBuffer> {
  ownModel(model);
  const given = options('saveOnnx', opts, { states: true, batchFirst: true });
  const withStates = boolean('states', given.states ?? false);
  const batchFirst = boolean('batchFirst', given.batchFirst ?? false);
  const view = viewOf(model);
  const g = new GraphBuilder();
  const parameters: Readonly<Record<string, Parameter>> = model.stateDict() as never;
  const layers = model.layers as readonly (Layer | JoinLayer)[];
  const names: string[] = [];
  const dims = ({ kind, size, axis }: Shape): Dims => [
    ...(axis ? [view.steps(axis)] : []),
    'batch',
    ...(kind === 'indices' ? [] : [size]),
  ];
  /** Undefined unless the first two dimensions change places. */
  const permOf = (dims: Dims) =>
    batchFirst && dims[1] === 'batch' ? [1, 0, 2].slice(0, dims.length) : undefined;
  const input = (name: string, dims: Dims, type?: 'int64'): string => {
    const perm = permOf(dims);
    g.input(name, perm?.map((i) => dims[i]!) ?? dims, type);
    return perm ? g.transposed(name, ...perm) : name;
  };
  const output = (name: string, dims: Dims, value: string): void => {
    const perm = permOf(dims);
    g.output(name, perm?.map((i) => dims[i]!) ?? dims);
    g.node(perm ? 'Transpose' : 'Identity', [value], perm && { perm }, [name]);
  };
  for (const { name, value, maskValue } of view.inputs) {
    if (maskValue !== undefined)
      throw new FormatError(
        `onnx: input ${name}: ONNX has no operator for steps that maskValue excludes: make it without`,
      );
    const shape = view.shapes[value]!;
    names[value] = input(name, dims(shape), shape.kind === 'indices' ? 'int64' : undefined);
  }
  const used = new Set<number>();
  for (const { layer, place, inputs, initial, output: made, final } of view.uses) {
    const refuse = (what: string) =>
      new FormatError(`onnx: layers[${place}] (${layer.type}): ONNX has no operator for ${what}`);
    if (!Object.hasOwn(WRITERS, layer.type)) throw refuse('it');
    if (withStates && 'keepsState' in layer && layer.keepsState) {
      if (used.has(place)) throw refuse('states of a layer that is used several times');
      if (layer.type === 'Conv1d') throw refuse('the state of a causal convolution');
    }
    // the layer's name or index
    const own = model.network.prefixes[place]!;
    const prefix = used.has(place) ? `${own}${used.size}_${names.length}.` : own;
    used.add(place);
    const states = new Map<string, Dims>();
    const emitted = WRITERS[layer.type]!({
      g,
      layer,
      config: (layer as Layer).config(layers as readonly Layer[]),
      prefix,
      inputs: inputs.map((value) => names[value]!),
      isSequence: inputs.map((value) => view.shapes[value]!.axis !== undefined),
      givesSequence: view.shapes[made]!.axis !== undefined,
      sizes: inputs.map((value) => view.shapes[value]!.size),
      forwardSize: forwardSizeOf(view, inputs[0]!),
      parameters: (name) => parameters[`${own}${name}`],
      initial: (state, rows, size) => {
        const first = initial.find(([name]) => name === state);
        if (first) {
          const rowsFirst = g.one('Reshape', [names[first[1]]!, g.ints(0, rows, size)]);
          return g.transposed(rowsFirst, 1, 0, 2);
        }
        if (withStates) {
          const dims = [rows, 'batch', size];
          states.set(state, dims);
          return input(`${own}${state}0`, dims);
        }
        const learned = Object.entries(view.initialStates).flatMap(([name, values]) =>
          name.startsWith(`${own}${state}_l`) ? [...values] : [],
        );
        if (!learned.length) return undefined;
        const start = g.weight(`${prefix}${state}0`, [rows, 1, size], Float32Array.from(learned));
        const batch = g.one('Gather', [g.one('Shape', [names[inputs[0]!]!]), g.ints(-2)]);
        return g.one('Expand', [start, g.one('Concat', [g.ints(1), batch, g.ints(1)], { axis: 0 })]);
      },
      refuse,
    });
    names[made] = emitted.output;
    for (const [state, dims] of states) output(`${own}${state}N`, dims, emitted.final![state]!);
    // [layers · directions, B, H] as [B, layers · directions · H]
    for (const [state, value] of final) {
      const rowsFirst = g.transposed(emitted.final![state]!, 1, 0, 2);
      names[value] = g.one('Reshape', [rowsFirst, g.ints(0, view.shapes[value]!.size)]);
    }
  }
  for (const { name, value } of view.outputs) {
    output(name, dims(view.shapes[value]!), names[value]!);
  }
  return encode('Model', {
    irVersion: IR_VERSION,
    producerName: 'unrolled',
    graph: g.build('unrolled'),
    opsetImport: [
      { domain: '', version: OPSET },
      ...[...g.domains].map((domain) => ({ domain, version: 1 })),
    ],
  });
}

/** With only element-wise layers in between behind two directions: features of the forward one, 0 if they are merged. */
function forwardSizeOf({ uses }: View, value: number): number | undefined {
  const use = uses.find(({ output }) => output === value);
  if (!use || 'joins' in use.layer) return undefined;
  if (use.layer.hasDirections) return use.layer.forwardSize ?? 0;
  return use.layer.elementwise ? forwardSizeOf({ uses } as View, use.inputs[0]!) : undefined;
}
