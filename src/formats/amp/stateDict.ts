import { groupTensors } from '../torch/groups.ts';
import type { AmpDescription, AmpLayer, Numbers } from './description.ts';
import { bad, isObject, type Json, metadataOf, numbersOf, sizeOf } from './numbers.ts';

const TYPES = ['LSTM', 'GRU', 'RNN', 'Linear'] as const;

/** A state dict as nested lists, whose modules follow each other as they are listed: recurrent layers and Linears. */
export function readStateDict(json: Json, first?: number): AmpDescription {
  const tensors = new Map(Object.entries(json).map(([name, value]) => [name, numbersOf(name, value)]));
  const layers = groupTensors(tensors).map(({ prefix, type, config }): AmpLayer => {
    const known = TYPES.find((one) => one === type);
    if (!known || config.bidirectional)
      throw bad(`${prefix}: a ${type}, expected one of ${TYPES.join(', ')}`);
    const parameters: Record<string, Numbers> = {};
    for (const [name, numbers] of tensors) {
      if (prefix ? name.startsWith(`${prefix}.`) : !name.includes('.'))
        parameters[name.slice(prefix ? prefix.length + 1 : 0)] = numbers;
    }
    return { type: known, config, parameters };
  });
  const used = layers.reduce((sum, { parameters }) => sum + Object.keys(parameters).length, 0);
  if (!layers.length || used !== tensors.size) throw bad('state dict: tensors that are of no layer');
  const inputSize = Number(layers[0]!.config.inputSize ?? layers[0]!.config.inFeatures);
  if (first !== undefined && first !== inputSize)
    throw bad(`input_size ${first}, but weights for ${inputSize}`);
  return {
    format: 'state dict',
    inputSize,
    layers,
    skip: 0,
    states: {},
    sampleRate: undefined,
    metadata: {},
  };
}

/**
 * A model of GuitarML (NeuralPi, Chameleon, Proteus) as Automated-GuitarAmpModelling saves it: `model_data` and a
 * `state_dict` of one recurrent layer and a Linear; with skip, the first channels of the input are added to the output.
 * Layout: CoreAudioML/networks.py, class SimpleRNN.
 */
export function readGuitarMl({ model_data: model, state_dict: tensors, ...rest }: Json): AmpDescription {
  if (!isObject(model) || !isObject(tensors)) throw bad('expected the objects model_data and state_dict');
  if (model.model !== undefined && model.model !== 'SimpleRNN')
    throw bad(`model_data.model ${JSON.stringify(model.model).slice(0, 60)}, expected "SimpleRNN"`);
  const description = readStateDict(tensors, sizeOf('model_data.input_size', model.input_size ?? 1));
  const { skip } = model;
  return {
    ...description,
    format: 'GuitarML',
    skip: sizeOf('model_data.skip', typeof skip === 'boolean' ? Number(skip) : (skip ?? 0), 0),
    metadata: metadataOf({ ...model, ...rest }),
  };
}
