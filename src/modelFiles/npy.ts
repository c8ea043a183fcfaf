import { readNpy } from '../formats/npy/npy.ts';
import type { Format } from './opened.ts';

/** Arrays of NumPy. */
export const npy: Format = {
  kinds: ['npy'],
  expected: 'a NumPy array (.npy)',
  open: async ({ bytes }) => {
    const tensor = readNpy(bytes);
    return {
      format: 'NumPy array',
      tensors: new Map([['array', tensor]]),
      whyNot: 'it is an array, not a model',
    };
  },
};
