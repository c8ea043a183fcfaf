import { groupTensors } from '../formats/torch/groups.ts';
import { Model, Sequential } from '../index.ts';
import { parseSafetensors, type SafetensorsFile } from '../io/index.ts';
import { brief } from './brief.ts';
import { parsed } from './json.ts';
import { layerRow, layersModel } from './layersModel.ts';
import type { Format, LayerRow } from './opened.ts';

/** Matches tensors of a checkpoint that are not parameters. */
const STATE = /^(optimizer|carried)\./;

/** Files of safetensors: models of this package, or tensors of any other. */
export const safetensors: Format = {
  kinds: ['safetensors'],
  expected: 'a safetensors file',
  open: async (file) => {
    const { bytes } = file;
    const { tensors, metadata } = parseSafetensors(bytes);
    const isOurs = metadata.unrolled !== undefined;
    const elements = (isState: boolean) =>
      [...tensors]
        .filter(([name]) => (isOurs && STATE.test(name)) === isState)
        .reduce((sum, [, { data }]) => sum + data.length, 0);
    const make = () =>
      description(metadata)?.graph === undefined ? Sequential.load(bytes) : Model.load(bytes);
    let made: ReturnType<typeof layersModel> | undefined;
    const whole = () => (made ??= layersModel(file, make, 'time-major'));
    return {
      format: `safetensors`,
      parameters: elements(false),
      state: elements(true),
      layers: isOurs
        ? layersOf(metadata)
        : groupTensors(tensors).map(({ prefix, type, config }) => layerRow(prefix, type, config)),
      metadata,
      tensors,
      ...(isOurs
        ? {
            model: async () => (await whole()).model!(),
            run: async (inputs) => (await whole()).run!(inputs),
          }
        : {
            whyNot: 'it has tensors, but not the layers of a model: only models saved by unrolled have them',
          }),
    };
  },
};

function layersOf(metadata: SafetensorsFile['metadata']): LayerRow[] {
  const list = description(metadata)?.layers;
  if (!Array.isArray(list)) return [];
  return list.map((layer: unknown, i) => {
    const { type, ...config } = (layer ?? {}) as Record<string, unknown>;
    return layerRow(String(i), typeof type === 'string' ? type : brief(type), config);
  });
}

function description(metadata: SafetensorsFile['metadata']): Record<string, unknown> | undefined {
  return parsed(metadata.unrolled ?? '');
}
