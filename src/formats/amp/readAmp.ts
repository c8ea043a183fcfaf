import { DEEPEST, isTooDeep } from '../json/depth.ts';
import type { AmpDescription } from './description.ts';
import { readNam } from './nam.ts';
import { bad, isObject, type Json } from './numbers.ts';
import { readRtNeural } from './rtneural.ts';
import { readGuitarMl, readStateDict } from './stateDict.ts';

const MOST_LAYERS = 1000;

/**
 * Reads a model of an amplifier: NAM (.nam), GuitarML and Proteus, AIDA-X and RTNeural, or a state dict as JSON.
 * @param given the file, its text, or its JSON
 * @throws {FormatError} if it is none of them, or of another architecture than recurrent layers and what is around them
 */
export function readAmp(given: unknown): AmpDescription {
  const description = describe(jsonOf(given));
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
  throw bad('no file of NAM, GuitarML, RTNeural or AIDA-X: no weights, state_dict or layers');
}

function jsonOf(given: unknown): unknown {
  let text = given;
  if (ArrayBuffer.isView(given) || given instanceof ArrayBuffer)
    text = new TextDecoder().decode(given as Uint8Array);
  if (typeof text !== 'string') return given as Json;
  if (isTooDeep(text)) throw bad(`more than ${DEEPEST} lists and objects within each other`);
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw bad(`not JSON: ${(error as Error).message}`);
  }
}
