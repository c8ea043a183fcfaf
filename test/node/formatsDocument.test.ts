import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LAYERS } from '../../src/formats/keras/layers.ts';
import { layers } from '../../src/kerasLayers/index.ts';
import { OPERATORS } from '../../src/onnx/operators.ts';
import { operators } from '../../src/onnxOperators/index.ts';

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

test('the operators of ONNX are listed with the entry that has them', () => {
  expect(names('operators of `unrolled/onnx` |')).toEqual({ '': sorted(OPERATORS) });
  expect(names('operators of `unrolled/onnx-operators` |')).toEqual(
    Object.fromEntries(Object.entries(operators).map(([domain, table]) => [domain, sorted(table)])),
  );
});

test('the layers of Keras are listed with the entry that has them', () => {
  const listed = (heading: string) => column(heading).flatMap((cell) => cell.split(', '));
  expect(listed('layers of `unrolled/keras` |').sort()).toEqual(sorted(LAYERS));
  expect(listed('layers of `unrolled/keras-layers` |').sort()).toEqual(sorted(layers.layers));
});

test('operators of the entry itself are made of no others', () => {
  const folder = new URL('../../src/onnx/ops/', import.meta.url);
  const text = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const calls = [...text.join('').matchAll(/\.calls?\(\s*'(\w+)'/g)].map(([, name]) => name!);
  expect(calls.filter((name) => !(name in OPERATORS))).toEqual([]);
});
