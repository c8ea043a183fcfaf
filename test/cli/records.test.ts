import { describe, expect, test } from 'vitest';
import { readRecords } from '../../src/cli/table/records.ts';

/** The fields of each record behind its line. */
function rows(text: string, delimiter = ',') {
  const { fields, ends, lines } = readRecords(text, delimiter);
  return ends.map((end, r) => [lines[r], ...fields.slice(r ? ends[r - 1] : 0, end)]);
}

describe('records of CSV', () => {
  test.each([
    [
      'lines that end in LF',
      'a,b\n1,2\n',
      ',',
      [
        [1, 'a', 'b'],
        [2, '1', '2'],
      ],
    ],
    [
      'in CR LF, the last one in nothing',
      'a\r\n1',
      ',',
      [
        [1, 'a'],
        [2, '1'],
      ],
    ],
    [
      'in CR',
      'a\r1\r',
      ',',
      [
        [1, 'a'],
        [2, '1'],
      ],
    ],
    ['nothing', '', ',', []],
    [
      'lines without text',
      '\n \na\n\n1\n\n',
      ',',
      [
        [3, 'a'],
        [5, '1'],
      ],
    ],
    [
      'empty fields, first and last',
      ',a,\n,\n',
      ',',
      [
        [1, '', 'a', ''],
        [2, '', ''],
      ],
    ],
    ['a separator at the end of the file', 'a,', ',', [[1, 'a', '']]],
    ['a byte order mark', '\ufeffa,b', ',', [[1, 'a', 'b']]],
    ['blanks around fields', ' a ,\t"b" , c d \n', ',', [[1, 'a', 'b', 'c d']]],
    ['blanks between tabs', 'a\t\t b\n', '\t', [[1, 'a', '', 'b']]],
    ['quotes', '"a,b","c""d","""",""\n', ',', [[1, 'a,b', 'c"d', '"', '']]],
    [
      'line ends in quotes',
      '"a\nb",c\nd,e',
      ',',
      [
        [2, 'a\nb', 'c'],
        [3, 'd', 'e'],
      ],
    ],
    ['only quotes', '""\n', ',', [[1, '']]],
  ] as const)('%s', (_, text, delimiter, expected) => {
    expect(rows(text, delimiter)).toEqual(expected);
  });

  test.each([
    ['a,"b\nc\n', /^line 2.*quote/i],
    ['a\n"b" "c"\n', /^line 2.*quote/i],
    ['a\nb"c"\n', /^line 2.*quote/i],
  ])('%j is refused', (text, words) => {
    expect(() => rows(text)).toThrow(words);
  });
});
