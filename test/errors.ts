import { expect } from 'vitest';
import { ArgumentError } from '../src/errors.ts';
import { thrown } from './model/helpers.ts';

/**
 * What a message must name: first the `argument` of an error that has one (of an ArgumentError or ShapeError), then
 * keywords and values of its message. The rest of the sentence is free.
 */
export type Words = readonly string[];

/** The error names its argument and has each keyword as a word of its message: '0' is not found in '0.5' or in '10'. */
export function expectWords(error: unknown, words: Words): void {
  const { argument, message } = error as Error & { argument?: string };
  const keywords = argument === undefined ? words : words.slice(1);
  if (argument !== undefined) expect(argument, message).toBe(words[0]);
  for (const keyword of keywords) expect(message).toMatch(asWord(keyword));
}

/** `call` throws an error of this class and name that has these words. */
export function expectThrows(
  call: () => unknown,
  words: Words,
  type: abstract new (...args: never[]) => Error = ArgumentError,
): void {
  const error = thrown(call);
  expect(error).toBeInstanceOf(type);
  expect((error as Error).name).toBe(type.name);
  expectWords(error, words);
}

function asWord(keyword: string): RegExp {
  const text = keyword.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const before = /^\d/.test(keyword) ? '(?<![\\w.-])' : /^\w/.test(keyword) ? '(?<!\\w)' : '';
  const after = /\w$/.test(keyword) ? '(?!\\w|\\.\\d)' : '';
  return new RegExp(before + text + after);
}
