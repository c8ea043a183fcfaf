import type { Plugin } from 'vite';
import { openingText } from './openingText.js';

const ID = 'virtual:opening';

/** The module `virtual:opening`: a text, part of the program that learns it. */
export function opening(): Plugin {
  return {
    name: 'opening',
    resolveId: (source) => (source === ID ? `\0${ID}` : null),
    load: (id) => (id === `\0${ID}` ? `export default ${JSON.stringify(openingText())};` : null),
  };
}
