import { AmpModel } from '../amp/ampModel.ts';
import { readAmp } from '../formats/amp/readAmp.ts';
import { layersModel } from './layersModel.ts';
import type { Format } from './opened.ts';

/** Models of amplifiers: NAM, GuitarML, RTNeural, AIDA-X. */
export const amp: Format = {
  kinds: ['json'],
  expected: 'a model of an amplifier (.nam, .json)',
  open: async (file) => {
    const description = readAmp(file.bytes);
    const { format, metadata, sampleRate } = description;
    const rate: Record<string, string> = sampleRate ? { 'sample rate': String(sampleRate) } : {};
    return {
      format: `${format} model of an amplifier`,
      ...(await layersModel(file, () => new AmpModel(description), 'batch-first')),
      metadata: { ...rate, ...metadata },
    };
  },
};
