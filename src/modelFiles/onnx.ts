import type { OnnxGraph, OnnxNode, OnnxValueInfo } from '../formats/onnx/graph.ts';
import { readOnnx } from '../formats/onnx/read.ts';
import { dtypeName } from '../formats/onnx/schema.ts';
import type { OnnxTensor } from '../formats/onnx/tensor.ts';
import { loadOnnx } from '../onnx/index.ts';
import { toModel } from '../onnxModel/index.ts';
import { drawn } from './drawn.ts';
import { layerRow } from './layersModel.ts';
import { matched } from './modelPorts.ts';
import type { Format, LayerRow, Operator, Port } from './opened.ts';

/** Order of the gates in the rows of weights. */
const GATES: Readonly<Record<string, string>> = {
  LSTM: 'i o f c',
  GRU: 'z r h',
  DynamicQuantizeLSTM: 'i o f c',
};

/** Types of shapes, indices and conditions. */
const NO_WEIGHTS = new Set<unknown>(['int64', 'bool']);

/** Models of ONNX. */
export const onnx: Format = {
  kinds: ['onnx'],
  expected: 'an ONNX model',
  open: async ({ bytes, kernels }) => {
    const { graph, opsets, producer, irVersion, metadata } = readOnnx(bytes);
    const tensors = [...graph.initializers, ...constantsOf(graph)].map(([name, { shape, data }]) => {
      const dtype = data instanceof Float32Array ? 'F32' : 'I32';
      return [name, { dtype, shape, data }] as const;
    });
    const versions = [...opsets].map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`);
    let opened: ReturnType<typeof loadOnnx> | undefined;
    const session = () => (opened ??= loadOnnx(bytes));
    const counted = new Map<string, number>();
    for (const { op } of graph.nodes) counted.set(op, (counted.get(op) ?? 0) + 1);
    const inputs = graph.inputs.map(portOf);
    return {
      format: `ONNX (${versions.join(', ')})`,
      parameters: [...graph.initializers.values(), ...constantsOf(graph).map(([, tensor]) => tensor)]
        .filter(({ dtype }) => !NO_WEIGHTS.has(dtypeName(dtype)))
        .reduce((sum, { data }) => sum + data.length, 0),
      layers: recurrentNodes(graph.nodes, new Map([...graph.initializers, ...constantsOf(graph)])),
      inputs,
      outputs: graph.outputs.map(portOf),
      sections: [{ title: 'Operators', rows: [...counted].map(([op, count]) => [op, String(count)]) }],
      operators: operatorsOf(graph),
      metadata: { producer, 'IR version': String(irVersion), ...Object.fromEntries(metadata) },
      tensors: new Map(tensors),
      model: async () => {
        await kernels();
        return toModel(await session());
      },
      run: async (given = drawn(inputs)) => {
        await kernels();
        const loaded = await session();
        const values = matched(loaded.inputs, given);
        const feeds = loaded.inputs.map(({ name }, i) => {
          const { data, dims } = values[i]!;
          return [name, { data: Array.from(data, Number), shape: dims }] as const;
        });
        const results = loaded.run(Object.fromEntries(feeds));
        return loaded.outputs.map(({ name }) => {
          const { dtype, shape, data } = results[name]!;
          return { name, type: dtype, dims: shape, data };
        });
      },
    };
  },
};

function portOf({ name, dtype, shape }: OnnxValueInfo): Port {
  return { name, type: dtypeName(dtype) ?? 'unknown', dims: shape ?? [] };
}

/** Tensors of Constant nodes, where some files have their weights. */
function constantsOf({ nodes }: OnnxGraph): [string, OnnxTensor][] {
  return nodes.flatMap(({ op, domain, outputs, attributes }) => {
    const tensor = op === 'Constant' && !domain ? attributes.get('value')?.tensor : undefined;
    return tensor ? [[outputs[0]!, tensor]] : [];
  });
}

/** Operators between the inputs and the outputs. What only weights go into, is constant. */
function operatorsOf({ inputs, nodes }: OnnxGraph): Operator[] {
  const computed = new Set(inputs.map(({ name }) => name));
  const operators: Operator[] = [];
  for (const { op, name, inputs: reads, outputs, attributes, captures } of nodes) {
    const found = [...new Set([...reads, ...captures])].filter((value) => computed.has(value));
    if (!found.length) continue;
    for (const output of outputs) if (output) computed.add(output);
    const graphs = [...attributes.values()].flatMap(({ graph }) => (graph ? [graph] : []));
    const inner = graphs.reduce((sum, graph) => sum + graph.nodes.length, 0);
    operators.push({ op, name, inputs: found, outputs: outputs.filter(Boolean), inner });
  }
  return operators;
}

/** Recurrent nodes as layers, with their sizes. */
function recurrentNodes(
  nodes: readonly OnnxNode[],
  initializers: ReadonlyMap<string, OnnxTensor>,
): LayerRow[] {
  const found = nodes.filter(({ op }) => /^(LSTM|GRU|RNN|DynamicQuantizeLSTM)$/.test(op));
  return found.map(({ op, name, inputs, attributes }) => {
    const [directions, , inputSize] = initializers.get(inputs[1] ?? '')?.shape ?? [];
    const config = {
      ...(inputSize ? { inputSize } : {}),
      hiddenSize: attributes.get('hidden_size')?.i,
      direction: attributes.get('direction')?.s || 'forward',
      ...(directions ? { directions } : {}),
    };
    return layerRow(name, op, config, GATES[op]);
  });
}
