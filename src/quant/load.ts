import { options } from '../check.ts';
import type { Layer } from '../engine/layer.ts';
import { FormatError } from '../errors.ts';
import type { Tensor } from '../io/safetensors.ts';
import type { LayerConfig } from '../model/core/layerFactory.ts';
import { readModel } from '../model/core/save.ts';
import { hasGraph, withMetadata } from '../model/files.ts';
import { nodesOf } from '../model/graph/structure.ts';
import { type LoadOptions, layerMaker } from '../model/registry.ts';
import { packFromFile } from './file.ts';
import { onQuantKernels } from './kernels.ts';
import { makeQuantized, matricesOf } from './layers.ts';
import { QuantizedModel, QuantizedSequential } from './quantized.ts';
import { reportOf } from './report.ts';

/** Loads a quantized model, on kernels that are there. */
export function readQuantized(
  bytes: Uint8Array | ArrayBuffer,
  opts?: LoadOptions,
): QuantizedSequential | QuantizedModel {
  const { layers: custom = {} } = options('loadQuantized', opts, { layers: true });
  const isGraph = hasGraph(bytes);
  let tensors = new Map<string, Tensor>();
  let highest = 0;
  let count = 0;
  const make = layerMaker(custom);
  const makeLayer = (description: unknown, most: number): Layer => {
    const { quantized, ...config } = (description ?? {}) as LayerConfig;
    const layer = make(config, most);
    const prefix = layer.name ?? count;
    count++;
    if (quantized === undefined) return layer;
    if (quantized !== 1 && quantized !== 2)
      throw new FormatError(`saved model: ${layer.type}: quantized is not 1 or 2`);
    const reason = makeQuantized(layer, quantized);
    if (reason) throw new FormatError(`saved model: ${layer.type}: ${reason}`);
    for (const matrix of matricesOf(layer)!) packFromFile(tensors, `${prefix}.${matrix.name}`, matrix);
    highest = Math.max(highest, quantized);
    return layer;
  };
  return onQuantKernels(() =>
    withMetadata((files) => {
      const parse = (given: Uint8Array | ArrayBuffer) => {
        const file = files.parse(given);
        tensors = file.tensors;
        return file;
      };
      const report = (model: Parameters<typeof reportOf>[0]) => {
        if (!highest) throw new FormatError('saved model: it is not quantized: use load of its class');
        return reportOf(model, highest);
      };
      const all = { ...files, parse };
      if (isGraph)
        return readModel(
          bytes,
          makeLayer,
          (layers, _, graph) => new QuantizedModel(nodesOf(graph, layers), report),
          all,
          true,
        );
      return readModel(bytes, makeLayer, (layers) => new QuantizedSequential(layers, report), all);
    }),
  );
}
