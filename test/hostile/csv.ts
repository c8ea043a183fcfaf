import { readTable } from '../../src/cli/table/readTable.ts';
import { FormatError } from '../../src/errors.ts';
import type { HostileFormat } from './format.ts';
import { type Given, utf8 } from './mutate.ts';

/** Tables, as the program reads them: its errors are lines for the user. */
export const csv: HostileFormat = {
  name: 'csv',
  read: (given) => {
    try {
      readTable(new TextDecoder().decode(given as Uint8Array));
    } catch (error) {
      if ((error as Error).name !== 'CliError') throw error;
      throw new FormatError((error as Error).message);
    }
  },
  samples: async () => [
    utf8('date,a,b\n2024-01-01,1,2\n2024-01-02,3,4\n2024-01-03,5,6\n'),
    utf8('"a ""b""";c\n1.5;-2e3\n"3";4\n'),
  ],
  broken: [
    ['nothing', utf8(''), /empty/],
    ['a header only', utf8('a,b\n'), /rows/],
    ['a field too few', utf8('a,b\n1\n'), /line 2/],
    ['a text', utf8('a,b\n1,x\n'), /line 2/],
    ['a missing number', utf8('a,b\n1,\n'), /line 2/],
    ['a quote without an end', utf8('a,b\n1,"2\n'), /quote|Quote/],
    ['text behind a quote', utf8('a,b\n1,"2"3\n'), /line 2.*Quote/],
    ['a quote within a field', utf8('a,b\n1,2"3"\n'), /line 2.*Quote/],
    ['a name twice', utf8('a,a\n1,2\n'), /twice|names|column/],
    ['dates only', utf8('date\n2024-01-01\n'), /column|numbers/],
  ],
  *large(): Iterable<readonly [string, Given]> {
    yield ['a field of 4 MiB', utf8(`a\n${'9'.repeat(2 ** 22)}\n`)];
    yield ['a quoted field of 4 MiB', utf8(`a\n"${'""'.repeat(2 ** 21)}"\n`)];
    yield [
      '100,000 columns',
      utf8(`${Array.from({ length: 1e5 }, (_, i) => `c${i}`)}\n${'1,'.repeat(99_999)}1\n`),
    ];
    yield ['200,000 rows', utf8(`a\n${'1\n'.repeat(2e5)}`)];
    yield ['a million quotes', utf8('"'.repeat(1e6))];
    yield ['a million line breaks', utf8('\n'.repeat(1e6))];
  },
};
