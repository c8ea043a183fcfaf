import { describe, expect, test } from 'vitest';
import { wrapWords } from '../../src/cli/text/wrapWords.ts';

const wrapped = (text: string, columns: number) => [...wrapWords(text, columns)].join('');

describe('wrapWords', () => {
  test.each([
    ['a line that fits', 20, 'a line that fits'],
    ['one two three four', 9, 'one two\nthree\nfour'],
    ['one two three', 7, 'one two\nthree'],
    ['a wordthatislong b', 6, 'a\nwordthatislong\nb'],
    ['one\ntwo  three\n\nfour', 10, 'one\ntwo  three\n\nfour'],
    ['one\ntwo  three', 9, 'one\ntwo\nthree'],
    ['  indented', 20, '  indented'],
    ['ends with a space ', 8, 'ends\nwith a\nspace'],
    ['àé îõ ✓✓', 5, 'àé îõ\n✓✓'],
    ['', 5, ''],
  ])('%j in %i columns', (text, columns, expected) => {
    expect(wrapped(text, columns)).toBe(expected);
  });

  test('gives what it has before the text ends', () => {
    const seen: string[] = [];
    const text = (function* () {
      for (const character of 'one two three') {
        seen.push(character);
        yield character;
      }
    })();
    expect(wrapWords(text, 80).next().value).toBe('one');
    expect(seen.join('')).toBe('one ');
  });
});
