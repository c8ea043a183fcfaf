import { readJson } from '../json/read.ts';
import type { AmpDescription } from './description.ts';
import { readNam } from './nam.ts';
import { bad, isObject } from './numbers.ts';
import { readRtNeural } from './rtneural.ts';
import { readGuitarMl, readStateDict } from './stateDict.ts';

const MOST_LAYERS = 1000;

/**
 * Reads a model of an amplifier: NAM (.nam), GuitarML and Proteus, AIDA-X and RTNeural, or a state dict as JSON.
 * @param given the file, its text, or its JSON
 * @throws {FormatError} if it is none of them, or of another architecture than recurrent layers and what is around them
 */
export function readAmp(given: unknown): AmpDescription {
  const description = describe(readJson(given, bad));
  const { layers, inputSize, skip } = description;
  if (layers.length > MOST_LAYERS) throw bad(`${layers.length} layers, expected at most ${MOST_LAYERS}`);
  const size = layers.reduce((size, { type, config }, i) => {
    const wanted = config.inputSize ?? config.inFeatures ?? config.inChannels ?? config.size ?? size;
    if (wanted !== size) throw bad(`layer ${i} (${type}) is of ${String(wanted)} features, after ${size}`);
    return Number(config.hiddenSize ?? config.outFeatures ?? config.outChannels ?? size);
  }, inputSize);
  if (skip && (skip !== size || skip > inputSize))
    throw bad(`skip of ${skip} channels, with ${inputSize} at the input and ${size} at the output`);
  return description;
}

function describe(json: unknown): AmpDescription {
  if (!isObject(json)) throw bad('expected a JSON object');
  if (json.architecture !== undefined && json.weights !== undefined) return readNam(json);
  if (json.model_data !== undefined) return readGuitarMl(json);
  if (json.layers !== undefined) return readRtNeural(json);
  if (Object.keys(json).some((name) => /\.weight_ih_l0$/.test(name))) return readStateDict(json);
  throw bad('expected a model of NAM, GuitarML, RTNeural or AIDA-X, got no weights, state_dict or layers');
}
