import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMON as COMMON_LAYERS } from '../../src/formats/keras/common.ts';
import { LAYERS } from '../../src/formats/keras/layers.ts';
import { MORE } from '../../src/formats/keras/more/more.ts';
import { COMMON } from '../../src/onnxOperators/common.ts';
import { CONVOLUTIONAL } from '../../src/onnxOperators/convolutional.ts';
import { operators } from '../../src/onnxOperators/index.ts';
import { OPERATORS } from '../../src/onnxSession/operators.ts';

const document = readFileSync(new URL('../../docs/formats.md', import.meta.url), 'utf8');

/** The first column of the table whose heading begins with the given words. */
function column(heading: string): string[] {
  const table = document.split(`| ${heading}`)[1]!.split('\n\n')[0]!;
  const rows = table.split('\n').slice(2);
  return rows.map((row) => row.split('|')[1]!.trim());
}

/** Names by domain. */
function names(heading: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const cell of column(heading)) {
    const [, domain = '', list = cell] = cell.match(/^of ([\w.]+): (.*)$/) ?? [];
    found[domain] = [...(found[domain] ?? []), ...list.split(' ')].sort();
  }
  return found;
}

const sorted = (table: object) => Object.keys(table).sort();

test('the operators of ONNX are listed with what has them', () => {
  expect(names('operators of `unrolled/onnx` |')).toEqual({ '': sorted(OPERATORS) });
  expect(names('operators of the first part |')).toEqual({ '': sorted(CONVOLUTIONAL) });
  const second = Object.keys(COMMON).filter((name) => !(name in CONVOLUTIONAL));
  expect(names('operators of the second part |')).toEqual({ '': second.sort() });
  const { '': own, ...others } = operators;
  const rare = {
    '': Object.fromEntries(Object.entries(own!).filter(([name]) => !(name in COMMON))),
    ...others,
  };
  expect(names('operators of the third part |')).toEqual(
    Object.fromEntries(Object.entries(rare).map(([domain, table]) => [domain, sorted(table)])),
  );
});

test('the layers of Keras are listed with the part that has them', () => {
  const listed = (heading: string) => column(heading).flatMap((cell) => cell.split(', '));
  expect(listed('layers of `unrolled/keras` |').sort()).toEqual(sorted(LAYERS));
  expect(listed('layers of the first part |').sort()).toEqual(sorted(COMMON_LAYERS));
  expect(listed('layers of the second part |').sort()).toEqual(sorted(MORE.layers));
});

/** Names of operators that files of a folder are made of. */
function callsOf(folder: URL, names: readonly string[]): string[] {
  const text = names.map((name) => readFileSync(new URL(name, folder), 'utf8'));
  return [...text.join('').matchAll(/\.calls?\(\s*'(\w+)'/g)].map(([, name]) => name!);
}

test('operators of a part are made of none of the later parts', () => {
  const ops = new URL('../../src/onnxSession/ops/', import.meta.url);
  expect(callsOf(ops, readdirSync(ops)).filter((name) => !(name in OPERATORS))).toEqual([]);
  const more = new URL('../../src/onnxOperators/', import.meta.url);
  for (const [part, table] of Object.entries({ convolutional: CONVOLUTIONAL, common: COMMON })) {
    const text = readFileSync(new URL(`${part}.ts`, more), 'utf8');
    const files = [`${part}.ts`, ...[...text.matchAll(/from '\.\/([^']+)'/g)].map(([, name]) => name!)];
    const calls = callsOf(more, files);
    expect(calls.filter((name) => !(name in OPERATORS) && !(name in table))).toEqual([]);
  }
});
