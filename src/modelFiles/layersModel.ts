import type { Model, Sequential } from '../index.ts';
import { drawn } from './drawn.ts';
import { type Layout, portsOf, runModel } from './modelPorts.ts';
import type { LayerRow, ModelFile, Opened } from './opened.ts';

/** Order of the gates in the rows of weights, by layer. */
const GATES: Readonly<Record<string, string>> = {
  LSTM: 'i f g o',
  GRU: 'r z n',
  LSTMCell: 'i f g o',
  GRUCell: 'r z n',
};

/** A layer as inspect shows it: with the order of its gates in the file, if it has gates. */
export function layerRow(
  name: string,
  type: string,
  config: Readonly<Record<string, unknown>>,
  gates = GATES[type],
): LayerRow {
  return { name, type, config: gates ? { ...config, gates } : config };
}

/** What follows from a layers model, which `make` makes of kernels that `file` loads. */
export async function layersModel(
  { kernels }: ModelFile,
  make: () => Sequential | Model | Promise<Sequential | Model>,
  layout: Layout,
): Promise<Pick<Opened, 'layers' | 'inputs' | 'outputs' | 'parameters' | 'model' | 'run'>> {
  await kernels();
  const model = await make();
  const ports = portsOf(model, layout);
  return {
    parameters: model.parameterCount,
    layers: model.layers.map((layer, i) => layerRow(String(i), layer.type, layer.config(model.layers))),
    ...ports,
    model: async () => model,
    run: async (inputs = drawn(ports.inputs)) => runModel(model, inputs, layout),
  };
}
