import { show } from '../../errors.ts';
import type { Numbers } from '../amp/description.ts';
import { lengthOf, MOST_ENTRIES } from './description.ts';
import { bad, type SegmenterFile } from './segmenterFile.ts';

const UNITS = { codepoints: 'codepoint', graphclust: 'grapheme' } as const;
const SIZE = '([1-9]\\d*)';
/** At most 64 characters: V8 keeps each for going back. */
const STRING = /\s*"((?:[^"\\]|\\[\s\S]){0,64})"\s*,?/y;
const INTEGER = /\s*(-?\d{1,10})\s*,/y;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g;

/** Whether it is the source of a resource bundle. */
export function isIcuResource(text: unknown): text is string {
  return typeof text === 'string' && /^\ufeff?\s*(?:\/\/[^\n]*\n\s*)*\w+:table\(nofallback\)\s*\{/.test(text);
}

/** Reads the source of a resource bundle, as convert_lstm_model.py of unicode-org/lstm_word_segmentation writes it. */
export function readIcuResource(text: string): SegmenterFile {
  const field = (name: string, value: string): string => {
    const found = new RegExp(`\\b${name}\\s*\\{\\s*${value}\\s*\\}`).exec(text)?.[1];
    if (found === undefined) throw bad(`no ${name.replace(':int', '')}`);
    return found;
  };
  const name = field('model', '"([^"]*)"');
  const type = field('type', '"([^"]*)"');
  if (type !== 'codepoints' && type !== 'graphclust')
    throw bad(`type: expected codepoints or graphclust, got ${show(type)}`);
  const [width, size] = [Number(field('embeddings:int', SIZE)), Number(field('hunits:int', SIZE))];
  const dictionary = stringsOf(text);
  const direction = [[width, 4 * size], [size, 4 * size], [4 * size]];
  const shapes = [[dictionary.length + 1, width], ...direction, ...direction, [2 * size, 4], [4]];
  const expected = shapes.reduce((sum, shape) => sum + lengthOf(shape), 0);
  const data = floatsOf(text, expected);
  let at = 0;
  const matrices = shapes.map((shape): Numbers => ({ shape, data: data.slice(at, (at += lengthOf(shape))) }));
  return { name, unit: UNITS[type], dictionary, matrices };
}

/** Where the value of a field starts. */
function startOf(text: string, field: RegExp, name: string): number {
  const found = field.exec(text);
  if (!found) throw bad(`no ${name}`);
  return found.index + found[0].length;
}

function stringsOf(text: string): string[] {
  const strings: string[] = [];
  STRING.lastIndex = startOf(text, /\bdict\s*\{/, 'dict');
  for (let at = STRING.lastIndex; ; at = STRING.lastIndex) {
    const found = STRING.exec(text);
    if (strings.length > MOST_ENTRIES) throw bad(`dict: more than ${MOST_ENTRIES} entries`);
    if (found) strings.push(found[1]!.replace(ESCAPE, unescaped));
    else if (/^\s*\}/.test(text.slice(at, at + 64))) return strings;
    else throw bad(`dict: entry ${strings.length}: expected a text`);
  }
}

function unescaped(_: string, code: string | undefined, character: string): string {
  return code ? String.fromCharCode(Number.parseInt(code, 16)) : character;
}

/** Bits of float32 as integers. */
function floatsOf(text: string, length: number): Float32Array<ArrayBuffer> {
  const from = startOf(text, /\bdata:intvector\s*\{/, 'data:intvector');
  // a digit and a comma per number
  if (2 * length > text.length - from) throw bad(`data: expected ${length} numbers, got fewer`);
  const bits = new Int32Array(length);
  const data = new Float32Array(bits.buffer);
  INTEGER.lastIndex = from;
  for (let i = 0; i < length; i++) {
    const at = INTEGER.lastIndex;
    const number = INTEGER.exec(text)?.[1];
    bits[i] = Number(number);
    if (String(bits[i]) !== number || !Number.isFinite(data[i]))
      throw bad(
        `data: element ${i} of ${length}: expected the bits of a finite number, got ${show(text.slice(at, at + 32).trim())}`,
      );
  }
  if (/^\s*\}/.test(text.slice(INTEGER.lastIndex, INTEGER.lastIndex + 64))) return data;
  throw bad(`data: expected ${length} numbers, got more`);
}
