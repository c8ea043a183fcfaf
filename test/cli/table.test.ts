import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readDates } from '../../src/cli/table/dates.ts';
import { Normalizer } from '../../src/data/normalizer.ts';
import { Sequential } from '../../src/index.ts';
import { parseSafetensors, serializeSafetensors } from '../../src/io/index.ts';
import { some } from '../thorough.ts';
import { cli, cliOn, folder, lastLine, oneLine, textFile } from './helper.ts';

/** Two waves and a column without one, hour by hour. */
function waves(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const time = new Date(Date.UTC(2024, 0, 1, i)).toISOString().slice(0, 16).replace('T', ' ');
    const [a, b] = [50 + 10 * Math.sin(i / 3), 0.01 * Math.cos(i / 3)];
    return `${time},${a.toFixed(4)},${b.toFixed(6)},7`;
  });
  return `time,load,"price, in €",zone\n${lines.join('\n')}\n`;
}

const SMALL = ['--hidden', 12, '--seq-len', 20, '--batch', 4, '--kernels', 'simd'];

function table(text = waves(400)) {
  const path = folder();
  writeFileSync(path('t.csv'), text);
  return { path, file: path('t.csv'), out: path('m.safetensors') };
}

describe('train FILE.csv', () => {
  test('learns the next row, better than repeating the last one, and forecasts it', async () => {
    const { file, out } = table();
    const steps = ['--steps', 300, '--decay', 300, '--lr', 0.02];
    const shown = await cli('train', file, ...SMALL, ...steps, '--out', out);
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/^Table {3}t\.csv: 400 rows of load, price, in €, zone, 2024-01-01 00:00 to/m);
    expect(shown.out).toMatch(/^Model {3}LSTM, 1 layer of 12 units: [\d,]+ parameters$/m);
    expect(shown.out).toMatch(/^Train {3}300 steps of 4 x 20 rows/m);
    const [, loss] = /^Loss (\d\.\d{3}) of the variance/m.exec(shown.out)!;
    const [, repeating] = /^Repeating the row before has a loss of (\d\.\d{3})$/m.exec(shown.out)!;
    expect(Number(loss)).toBeLessThan(Number(repeating) / 5);
    expect(shown.out).toContain(`forecast ${out}`);

    const { metadata } = parseSafetensors(readFileSync(out));
    expect(JSON.parse(metadata.columns!)).toEqual(['load', 'price, in €', 'zone']);
    expect(JSON.parse(metadata.normalizer!).scale).toHaveLength(3);

    const forecast = await cli('forecast', out, file, '--steps', 10);
    expect([forecast.code, forecast.err]).toEqual([0, '']);
    const [head, ...lines] = forecast.out.trimEnd().split('\n');
    expect(head).toBe('time,load,"price, in €",zone');
    const rows = lines.map((line) => line.split(','));
    expect(rows.map(([time]) => time)).toEqual(
      Array.from({ length: 10 }, (_, i) => `2024-01-17 ${String(16 + i).padStart(2, '0')}:00`).map(
        (time, i) => (i < 8 ? time : `2024-01-18 ${String(i - 8).padStart(2, '0')}:00`),
      ),
    );
    for (const [i, [, load, price, zone]] of rows.entries()) {
      expect(Math.abs(Number(load) - (50 + 10 * Math.sin((400 + i) / 3)))).toBeLessThan(3);
      expect(Math.abs(Number(price) - 0.01 * Math.cos((400 + i) / 3))).toBeLessThan(0.003);
      expect(Number(zone)).toBeCloseTo(7, 1);
    }
  });

  test('is resumed bit for bit as in one go', async () => {
    const { path, file } = table();
    const args = [file, ...SMALL, '--columns', 'load,zone'];
    await cli('train', ...args, '--steps', 40, '--out', path('whole'));
    await cli('train', ...args, '--steps', 25, '--out', path('part'));
    const resumed = await cli('train', file, '--resume', path('part'), '--steps', 40);
    expect(resumed.code).toBe(0);
    const [whole, part] = ['whole', 'part'].map((name) => parseSafetensors(readFileSync(path(name))));
    expect([...part!.tensors]).toEqual([...whole!.tensors]);
    const columns = ['--columns', 'load'];
    const other = await cli('train', file, ...columns, '--resume', path('part'), '--steps', 50);
    expect(oneLine(other)).toContain('different table');
    const text = textFile(path('book'));
    for (const rest of [['--steps', 50], []])
      expect(oneLine(await cli('train', text, '--resume', path('part'), ...rest))).toContain(
        'part: the model was trained on a table, not on a text',
      );
    expect(oneLine(await cli('train', file, '--resume', path('none')))).toMatch(/^[^:]*none: no such file/);
  });

  test('--columns takes names as a line of CSV', async () => {
    const { path, file, out } = table();
    const learned = async (columns: string) => {
      const { code } = await cli('train', file, ...SMALL, '--columns', columns, '--steps', 1, '--out', out);
      expect(code).toBe(0);
      return JSON.parse(parseSafetensors(readFileSync(out)).metadata.columns!);
    };
    expect(await learned('"price, in €", load')).toEqual(['price, in €', 'load']);
    expect(await learned('zone ,load')).toEqual(['zone', 'load']);
    for (const [columns, message] of [
      ['price', /no column 'price'/],
      ['load,"zone', /quote/i],
      ['', /--columns names no column/],
    ] as const) {
      const refused = await cli('train', file, ...SMALL, '--columns', columns, '--out', path('none'));
      expect([refused.code, oneLine(refused)]).toEqual([1, expect.stringMatching(message)]);
    }
  });

  test('validates on another table, whose columns may be in another order', async () => {
    const { path, file, out } = table();
    const turned = waves(100).replace(/^([^,]*),([^,]*),(".*"|[^,]*),(.*)$/gm, '$1,$4,$3,$2');
    writeFileSync(path('v.csv'), turned);
    const shown = await cli('train', file, ...SMALL, '--steps', 20, '--val', path('v.csv'), '--out', out);
    expect(shown.out).toMatch(/^Lowest validation loss \d\.\d{3}, after 20 steps/m);
    writeFileSync(path('v.csv'), 'load,zone\n1,2\n');
    const refused = await cli('train', file, ...SMALL, '--val', path('v.csv'), '--out', out);
    expect(oneLine(refused)).toMatch(/v\.csv: there is no column 'price, in €'/);
  });

  test('shows how the gradient flows', async () => {
    const { file, out } = table();
    const shown = await cli('train', file, ...SMALL, '--steps', 4, '--flow', '--out', out);
    expect(shown.out).toContain("Gradient of a sequence's last loss");
  });

  test('inspect shows its columns, and generate says what it is', async () => {
    const { file, out } = table('a,b\n1,10\n2,20\n3,30\n');
    await cli('train', file, '--seq-len', 2, '--steps', 2, '--out', out);
    const shown = (await cli('inspect', out)).out;
    expect(shown).toContain(
      'Forecast of a table of 2 columns\n  column  mean  deviation\n  a       2     0.816497\n',
    );
    expect(shown).toMatch(/^ {2}table +3 rows$/m);
    expect(shown).not.toMatch(/^ {2}embed/m);
    expect(oneLine(await cli('generate', out))).toMatch(/no character vocabulary.*forecast/);
  });
});

describe('a table', () => {
  const tables: readonly (readonly [string, string, RegExp])[] = [
    ['no rows', 'a,b\n', /header, but no rows/],
    ['no header', '1,2\n3,4\n', /line 1: expected a header/],
    ['a column without a name', 'a,,b\n1,2,3\n', /line 1: column 2 has no name/],
    ['two columns of one name', 'a,b,a\n1,2,3\n', /line 1: two columns are named 'a'/],
    ['a row that is too short', 'a,b\n1,2\n\n3\n', /line 4: 1 field, but the header has 2/],
    ['a row that is too long', 'a,b\n1,2\n3,4,5\n', /line 3: 3 fields/],
    ['a text', 'a,city\n1,2\n3,Paris\n', /line 3, column 'city': expected a number, got 'Paris'/],
    ['a text, with what to do about it', 'a,city\n1,Paris\n', /got 'Paris'; --columns names the columns/],
    ['a date in another order', 'day,a\n31.12.2024,1\n', /a date such as 2024-01-31, got '31\.12\.2024'/],
    [
      'commas and points',
      'a;b\n1,5;2\n2;3.5\n',
      /line 3, column 'b' has a decimal point, but line 2, column 'a'/,
    ],
    ['thousands', 'a;b\n1.000,5;2\n', /line 2, column 'a': expected a number, got '1\.000,5'/],
    ['decimal commas between commas', 'a,b\n"1,5",2\n', /line 2, column 'a': expected a number, got '1,5'/],
    ['a number beyond float32', 'a\n1\n1e39\n', /line 3, column 'a': expected a number/],
    ['a hexadecimal number', 'a\n1\n0x10\n', /line 3, column 'a'/],
    [
      'missing values',
      'a,b\n1,\nNA,2\n3,NaN\n4,null\n',
      /line 2, column 'b'; line 3, column 'a'; line 4, column 'b' and 1 more/,
    ],
    ['a date that is none', 'day,a\n2024-02-28,1\n2024-02-31,2\n', /line 3, column 'day': expected a date/],
    [
      'dates in another order',
      'day,a\n2024-02-28,1\n2024-02-27,2\n',
      /line 3, column 'day': 2024-02-27 is not after 2024-02-28, .*oldest first/,
    ],
    ['only dates', 'day\n2024-02-28\n2024-02-29\n', /no column of numbers/],
    ['a quote that does not end', 'a,b\n1,"2\n3,4\n', /line \d/],
    [
      'too few rows',
      'a\n1\n2\n',
      /the table has 2 rows, but one sequence of --seq-len 2 needs 3; --seq-len 1 or less fits/,
    ],
    ['one row', 'a\n1\n', /the table has 1 row, but one sequence of --seq-len 2 needs 3$/],
  ];
  test.each(some(tables, 3))('is refused in one line: %s', async (_, text, message) => {
    const { file, out } = table(text);
    const outcome = await cli('train', file, '--seq-len', 2, '--steps', 1, '--out', out);
    expect([outcome.code, outcome.out]).toEqual([1, '']);
    expect(oneLine(outcome)).toMatch(message);
  });

  test.each([
    ['an unknown column', ['--columns', 'b'], 1, /there is no column 'b'; the columns are a/],
    ['a column that is named twice', ['--columns', 'a,a'], 1, /--columns names 'a' twice/],
    ['options of a text', ['--embed', 4], 2, /--embed is for a text/],
    ['a prompt', ['--prompt', 'x'], 2, /--prompt is for a text/],
    [
      'a value that is missing at the start',
      ['--missing', 'previous', '--columns', 'c'],
      1,
      /line 2, column 'c'/,
    ],
  ])('is refused with %s', async (_, options, code, message) => {
    const { file, out } = table('a,c\n1,\n2,2\n3,3\n');
    const outcome = await cli('train', file, ...options, '--seq-len', 2, '--out', out);
    expect(outcome.code).toBe(code);
    expect(oneLine(outcome)).toMatch(message);
  });

  test('has options that a text has not', async () => {
    const outcome = await cli('train', textFile(folder()('t')), '--missing', 'previous');
    expect([outcome.code, oneLine(outcome)]).toEqual([
      2,
      '--missing is for a table (FILE.csv, or --as table)',
    ]);
  });

  test.each([
    ['semicolons, quotes, CRLF and a byte order mark', '\ufeff"a";b\r\n1;"2"\r\n3;4\r\n5;6\r\n'],
    ['tabs and spaces', 'a\tb\n 1\t2 \n3\t4\n5\t6'],
    ['a missing value', 'a,b\n1,2\n3,4\n5,\n'],
    ['an index without a name, as pandas writes it', ',a,b\n0,1,2\n1,3,4\n2,5,6\n'],
    ['separators at the ends of lines', 'a,b,\n1,2,\n3,4,\n5,6,\n'],
    ['names that have other separators in them', '"a";"b"\n1;2\n3;4\n5;6\n'],
    ['lines without text before the header', '\ufeff\r\n  \r\na;b\r\n1;2\r\n3;4\r\n5;6\r\n'],
    ['dates that are not evenly spaced', 'day,a,b\n2024-01-01,1,2\n2024-01-02,3,4\n2024-01-09,5,6\n'],
  ])('is read with %s', async (_, text) => {
    const { file, out } = table(text);
    const options = ['--missing', 'previous'];
    await cli('train', file, '--seq-len', 2, '--steps', 1, '--out', out, ...options);
    expect(JSON.parse(parseSafetensors(readFileSync(out)).metadata.columns!)).toEqual(['a', 'b']);
    const forecast = await cli('forecast', out, file, '--steps', 1, ...options);
    expect(forecast.out).toMatch(/^row,a,b\n4,[-\d.e]+,[-\d.e]+\n$/);
  });

  const dates = [
    ['2024-02-28', '2024-02-29', '2024-03-01'],
    ['2024-12-31T22:30:00Z', '2024-12-31T23:30:00Z', '2025-01-01T00:30:00Z'],
    ['2024-06-30T22:00+02:00', '2024-06-30T23:00+02:00', '2024-07-01T00:00+02:00'],
    ['2024-06-30 22:00:10', '2024-06-30 23:00:10', '2024-07-01 00:00:10'],
    ['1960-11', '1960-12', '1961-01'],
    ['2023-12-31', '2024-01-31', '2024-02-29'],
    ['2024/11/30', '2024/12/01', '2024/12/02'],
    ['2022-01-01', '2023-01-01', '2024-01-01'],
    ['2024-01-01 00:00:00.000', '2024-01-01 00:00:00.100', '2024-01-01 00:00:00.200'],
    ['2024-01-01T00:00:00.000', '2024-01-02T00:00:00.000', '2024-01-03T00:00:00.000'],
    ['1969-12-31 23:59:59.000000', '1969-12-31 23:59:59.000100', '1969-12-31 23:59:59.000200'],
    ['2024-01-01 00:00:59.999999998Z', '2024-01-01 00:00:59.999999999Z', '2024-01-01 00:01:00.000000000Z'],
    // as str() of a datetime in Python
    ['2024-01-01 00:00:00.500000', '2024-01-01 00:00:01', '2024-01-01 00:00:01.500000'],
    ['2024-01-31T00:00+02:00', '2024-02-29T00:00+02:00', '2024-03-31T00:00+02:00'],
    ['2023-11-30T18:00-05:00', '2023-12-31T18:00-05:00', '2024-01-31T18:00-05:00'],
    ['9997-12-31', '9998-12-31', '9999-12-31'],
    ['2024-01-31 12:00:00.1234567891', '2024-01-31 12:00:01.1234567891', '2024-01-31 12:00:02.123456789'],
  ] as const;
  test.each(some(dates, 2))('of dates %s and %s goes on with %s', async (first, second, third) => {
    const { file, out } = table(`day,a\n${first},1\n${second},2\n`);
    await cli('train', file, '--seq-len', 1, '--steps', 1, '--out', out);
    const { out: forecast } = await cli('forecast', out, file, '--steps', 1);
    expect(forecast.split('\n')[1]).toMatch(`${third},`);
  });

  test.each(dates)('dates %s and %s: %s is the next one', (first, second, third) => {
    const rows = [first, second].map((text, i) => ({ text, line: i + 2 }));
    expect(readDates('day', rows).after(1)).toBe(third);
  });
});

test('numbers between semicolons may have decimal commas', async () => {
  const { file, out } = table('tag;wert, in €\n2024-01-01;1,5\n2024-01-02;-,25e1\n2024-01-03;3\n');
  await cli('train', file, '--seq-len', 2, '--steps', 1, '--out', out);
  const { metadata } = parseSafetensors(readFileSync(out));
  expect(JSON.parse(metadata.columns!)).toEqual(['wert, in €']);
  expect(JSON.parse(metadata.normalizer!).offset[0]).toBeCloseTo((1.5 - 2.5 + 3) / 3, 6);
});

test('dates in a column without a name name the rows of the forecast, also of months of different lengths', async () => {
  const months = ['2023-11-30', '2023-12-31', '2024-01-31', '2024-02-29', '2024-03-31'];
  const { file, out } = table(`,a\n${months.map((month, i) => `${month},${i}\n`).join('')}`);
  await cli('train', file, '--seq-len', 2, '--steps', 1, '--out', out);
  const [head, ...lines] = (await cli('forecast', out, file, '--steps', 3)).out.trimEnd().split('\n');
  expect(head).toBe(',a');
  expect(lines.map((line) => line.split(',')[0])).toEqual(['2024-04-30', '2024-05-31', '2024-06-30']);
});

test('the forecast has numbers of rows where dates would go beyond the year 9999', async () => {
  const { file, out } = table('year,a\n9997-01-01,1\n9998-01-01,2\n');
  await cli('train', file, '--seq-len', 1, '--steps', 1, '--out', out);
  const { code, out: forecast } = await cli('forecast', out, file, '--steps', 2);
  expect([code, forecast.slice(0, 8)]).toEqual([0, 'row,a\n3,']);
  for (const [first, second] of [
    ['9997-01', '9998-01'],
    ['2024-01-01', '2024-01-02'],
  ] as const) {
    const dates = readDates(
      'year',
      [first, second].map((text) => ({ text, line: 1 })),
    );
    expect([dates.after(4e6), dates.after(1e12)]).toEqual([undefined, undefined]);
  }
});

test('names with separators, quotes and line breaks, and one of row: a forecast is a table, too', async () => {
  const names = ['a;b;c;d', '1\t2\t3\t4', 'a "b"\nc;d;e;f', 'row', ' '];
  const header = names.map((name) => `"${name.replaceAll('"', '""')}"`).join();
  const { file, path, out } = table(`${header}\n1,2,3,4,5\n6,7,8,9,10\n`);
  await cli('train', file, '--seq-len', 1, '--steps', 1, '--out', out);
  expect(JSON.parse(parseSafetensors(readFileSync(out)).metadata.columns!)).toEqual(names);
  const { out: first } = await cli('forecast', out, file, '--steps', 3);
  writeFileSync(path('back.csv'), first);
  const { code, out: second } = await cli('forecast', out, path('back.csv'), '--steps', 1);
  const head = `,"a;b;c;d","1\t2\t3\t4","a ""b""\nc;d;e;f",row," "\n`;
  expect([code, first.startsWith(`${head}3,`), second.startsWith(`${head}4,`)]).toEqual([0, true, true]);
});

test('names of columns do not control the terminal', async () => {
  const { file, out } = table('a\x1b[31mRED,b\n1,2\n3,4\n5,6\n');
  await cli('train', file, '--seq-len', 2, '--steps', 1, '--out', out);
  const { out: shown } = await cli('eval', out, file);
  expect(shown).toContain('a\\u001b[31mRED ');
  expect(shown).not.toContain('\x1b');
});

test('FILE.tsv is a table, too', async () => {
  const { path, out } = table();
  writeFileSync(path('t.tsv'), 'a\tb\n1\t2\n3\t4\n5\t6\n');
  const shown = await cli('train', path('t.tsv'), '--seq-len', 2, '--steps', 1, '--out', out);
  expect(shown.out).toMatch(/^Table {3}t\.tsv: 3 rows of a, b$/m);
});

describe('forecast', () => {
  test('reads the table from standard input, with more columns and in another order', async () => {
    const { file, out } = table('a,b\n1,5\n2,6\n3,7\n4,8\n');
    await cli('train', file, '--seq-len', 2, '--steps', 3, '--out', out);
    const expected = await cli('forecast', out, file, '--steps', 2);
    const piped = await cliOn(
      { stdin: 'c,b,a\nx,5,1\ny,6,2\nz,7,3\n,8,4\n' },
      'forecast',
      out,
      '-',
      '--steps',
      2,
    );
    expect(piped).toEqual(expected);
    expect(expected.out.split('\n')).toHaveLength(4);
  });

  test('writes the float32 values of the model, of large columns as of small ones', async () => {
    const lines = [3, 1, 4, 1, 5, 9, 2, 6].map((n) => `${16777216 + 7 * n},${n / 3e9}`);
    const { file, out } = table(`a,b\n${lines.join('\n')}\n`);
    await cli('train', file, '--seq-len', 3, '--steps', 2, '--out', out);
    const bytes = readFileSync(out);
    const stream = Sequential.load(bytes).stream();
    const normalizer = Normalizer.fromMetadata(parseSafetensors(bytes).metadata);
    const known = normalizer.apply(lines.flatMap((line) => line.split(',').map(Number)));
    let next = known;
    for (let i = 0; i < known.length; i += 2) next = stream.step(known.subarray(i, i + 2)).slice();
    const expected = normalizer.invert(next);
    const [, row] = (await cli('forecast', out, file, '--steps', 1)).out.split('\n');
    const texts = row!.split(',').slice(1);
    expect(texts.map((text) => Math.fround(Number(text)))).toEqual([...expected]);
    for (const text of texts) expect(text.replace(/e.*|\D/g, '').length).toBeLessThan(10);
  });

  test('writes many rows', async () => {
    const { file, out } = table('a\n1\n2\n3\n');
    await cli('train', file, '--seq-len', 2, '--steps', 1, '--out', out);
    for (const steps of [1, 64, 65, 200]) {
      const lines = (await cli('forecast', out, file, '--steps', steps)).out.trimEnd().split('\n');
      expect(lines.map((line) => line.split(',')[0])).toEqual([
        'row',
        ...Array.from({ length: steps }, (_, i) => `${4 + i}`),
      ]);
    }
  });

  test('refuses models that are none of a table, in one line', async () => {
    const { path, file, out } = table('a,b\n1,5\n2,6\n3,7\n4,8\n');
    await cli(
      'train',
      textFile(path('book')),
      '--seq-len',
      5,
      '--steps',
      1,
      '--length',
      0,
      '--out',
      path('text'),
    );
    expect(oneLine(await cli('forecast', path('text'), file))).toContain('not trained on a table');
    expect(oneLine(await cli('forecast', file, file))).toContain('t.csv: expected a safetensors file');
    await cli('train', file, '--seq-len', 2, '--steps', 1, '--out', out);
    const { tensors, metadata } = parseSafetensors(readFileSync(out));
    for (const [change, message] of [
      [{ columns: '["a"]' }, /do not match/],
      [{ columns: '["a","a"]' }, /different names/],
      [{ columns: '{' }, /different names/],
      [{ normalizer: '{"offset":[0,0],"scale":[1,0]}' }, /normalizer/],
      [{ columns: '["a","b","c"]', normalizer: '{"offset":[0,0,0],"scale":[1,1,1]}' }, /columns/],
    ] as const) {
      writeFileSync(path('x'), serializeSafetensors(Object.fromEntries(tensors), { ...metadata, ...change }));
      const refused = await cli('forecast', path('x'), file);
      expect([refused.code, refused.out]).toEqual([1, '']);
      expect(oneLine(refused)).toMatch(message);
    }
    writeFileSync(file, 'a\n1\n2\n');
    expect(lastLine(await cli('forecast', out, file))).toContain("t.csv: there is no column 'b'");
  });
});

describe('what the data are, where no name of a file says it', () => {
  const text = waves(100);
  const args = [...SMALL, '--steps', 3];

  test('--as table, or an option of tables: the same file as from FILE.csv; a resumed run goes on with the table', async () => {
    const { path, file } = table(text);
    writeFileSync(path('t.txt'), text);
    const columns = ['--columns', 'load,zone'];
    await cli('train', file, ...args, ...columns, '--out', path('a'));
    await cliOn({ stdin: text }, 'train', '-', ...args, ...columns, '--out', path('b'));
    await cli('train', path('t.txt'), '--as', 'table', ...args, ...columns, '--out', path('c'));
    const resume = ['--resume', path('d'), '--steps', 3];
    await cliOn({ stdin: text }, 'train', '-', ...args, ...columns, '--steps', 2, '--out', path('d'));
    const { out } = await cliOn({ stdin: text }, 'train', '-', ...resume);
    expect(out).toMatch(/^Table {3}standard input: 100 rows of load, zone/m);
    const expected = readFileSync(path('a'));
    for (const name of ['b', 'c', 'd']) expect(readFileSync(path(name)).equals(expected)).toBe(true);
  });

  test('a text that looks like a table is learned as text, with a note; with --as text without one', async () => {
    const { path, file } = table(text);
    const note = /looks like a table.*--as table/;
    const learn = (...more: string[]) =>
      cliOn({ stdin: text }, 'train', ...more, ...args, '--embed', 4, '--length', 0, '--out', path('m'));
    const { code, out, err } = await learn('-');
    expect([code, out, err]).toEqual([0, expect.stringContaining('Text'), expect.stringMatching(note)]);
    for (const name of ['-', file]) {
      const chosen = await learn(name, '--as', 'text');
      expect([chosen.code, chosen.out]).toEqual([0, expect.stringContaining('Text')]);
      expect(chosen.err).not.toMatch(note);
    }
    const prose = await cliOn(
      { stdin: text.replaceAll(/\d/g, 'x') },
      'train',
      '-',
      ...args,
      '--out',
      path('p'),
    );
    expect([prose.code, note.test(prose.err)]).toEqual([0, false]);
  });

  test('refuses another kind, and options of the other one', async () => {
    const { path } = table(text);
    const wrong = await cliOn({ stdin: text }, 'train', '-', '--as', 'prose', '--out', path('m'));
    expect([wrong.code, oneLine(wrong)]).toEqual([2, expect.stringMatching(/--as.*prose.*text, table/)]);
    const both = await cliOn(
      { stdin: text },
      'train',
      '-',
      '--as',
      'table',
      '--embed',
      4,
      '--out',
      path('m'),
    );
    expect([both.code, oneLine(both)]).toEqual([2, '--embed is for a text']);
  });
});
