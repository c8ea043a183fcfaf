import type { Describe, Value } from '../builder.ts';
import { LayerConfig, layerOf } from '../config.ts';
import type { Json } from '../json.ts';
import { addDirection, type Direction, recurrent, returned, runDirection } from '../layers/recurrent.ts';
import { takeWeights } from '../layers/recurrentWeights.ts';
import { snakeCase } from '../weightNames.ts';
import { inOrder } from './inOrder.ts';

/** The layer of one cell. */
function layerOfCell(layer: LayerConfig, cell: LayerConfig): LayerConfig {
  const className = /^(SimpleRNN|LSTM|GRU)Cell$/.exec(cell.className)?.[1];
  if (!className) return layer.fail(`a cell of class ${cell.className} is not supported`);
  return new LayerConfig(className, { ...cell.options, ...layer.options }, layer.name);
}

/** RNN with one cell: the layer of that cell; with several, layers one after the other. */
export const rnnOfCell: Describe = (context, inputs) => {
  const { layer } = context;
  const given = layer.get('cell');
  const list = Array.isArray(given) ? given : layer.inner('cell').get('cells');
  if (!Array.isArray(list))
    return recurrent({ ...context, layer: layerOfCell(layer, layer.inner('cell')) }, inputs);
  const cells = (list as readonly Json[]).map(
    (each) => layerOf(each) ?? layer.refuse('cell', 'has no cells'),
  );
  const layers = cells.map((cell) => layerOfCell(layer, cell));
  const [value, ...initial] = inputs;
  const inputSize = layer.features(value);
  if (value!.shape.length !== 2 || !layers.length) layer.fail('its input is not a sequence');
  const sizes = [inputSize, ...layers.map((each) => each.size('units'))];
  const counts = new Map<string, number>();
  const order = cells.map(({ className }) => {
    const count = counts.get(className) ?? 0;
    counts.set(className, count + 1);
    return `${snakeCase(className)}${count ? `_${count}` : ''}`;
  });
  const indices = context.once(() => {
    const weights = takeWeights(inOrder(context, order), layers, sizes);
    return layers.map((each, i) => addDirection(context, each, sizes[i]!, weights[i]!));
  });
  const states: Value[] = [];
  let last: Direction | undefined;
  for (const [i, own] of layers.entries()) {
    const count = own.className === 'LSTM' ? 2 : 1;
    const read = last?.sequence ?? value!;
    const backwards = !last && layer.flag('go_backwards', false);
    last = runDirection(context, own, indices[i]!, read, initial.splice(0, count), backwards);
    states.push(...last.states);
  }
  if (initial.length) layer.fail(`got ${initial.length} initial states too many`);
  return returned(layer, value!, last!, states);
};
