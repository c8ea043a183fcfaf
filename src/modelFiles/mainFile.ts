import { recognize } from './fileKind.ts';
import { FORMATS } from './table.ts';

/** Kinds of files that name, or need, the other files of their model. */
const WITH_PARTS = ['tfjs', 'charrnn', 'architecture'];
const KINDS = FORMATS.flatMap(({ kinds }) => kinds);
/** Kinds in the order in which they are looked for. JSON of no kind of its own comes last: many folders have some. */
const ORDER = [...WITH_PARTS, ...KINDS.filter((kind) => kind !== 'json'), 'json'];

/** The file by which a model is opened, of files in any order: by what they hold. The first one where none is a model. */
export function mainFile<T extends { readonly bytes: Uint8Array }>(files: readonly T[]): T {
  const places = files.map(({ bytes }) => {
    const place = ORDER.indexOf(recognize(bytes).name);
    return place < 0 ? ORDER.length : place;
  });
  return files[places.indexOf(Math.min(...places))]!;
}
