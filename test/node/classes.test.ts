import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

interface Class {
  readonly file: string;
  readonly name: string;
  readonly base: string | undefined;
  readonly exported: boolean;
}

const classes: Class[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'))
  .flatMap((file) =>
    [
      ...readFileSync(join(src, file), 'utf8').matchAll(
        /^(export )?(?:abstract )?class (\w+)(?:<[^{]*?>)?(?:\s+extends (\w+))?/gm,
      ),
    ].map(([, exported, name, base]) => ({ file, name: name!, base, exported: exported !== undefined })),
  );

test('no two exported classes share a name but layers and optimizers of core and of the whole package', () => {
  expect(classes.length).toBeGreaterThan(40);
  const shared = new Map<string, string[]>();
  for (const { name, file, exported } of classes) {
    if (exported) shared.set(name, [...(shared.get(name) ?? []), file]);
  }
  const twice = [...shared].filter(([, files]) => files.length > 1);
  expect(Object.fromEntries(twice.map(([name, files]) => [name, files.sort()]))).toEqual({
    Dropout: ['layers/dropout.ts', 'layers/graph/dropout.ts'],
    Embedding: ['layers/embedding.ts', 'layers/graph/embedding.ts'],
    GRU: ['layers/core/gru.ts', 'layers/gru.ts'],
    LSTM: ['layers/core/lstm.ts', 'layers/lstm.ts'],
    LastStep: ['layers/graph/lastStep.ts', 'layers/lastStep.ts'],
    Linear: ['layers/graph/linear.ts', 'layers/linear.ts'],
    RNN: ['layers/core/rnn.ts', 'layers/rnn.ts'],
    ...Object.fromEntries(
      Object.entries({ Adam: 'adam', AdamW: 'adam', RMSprop: 'rmsprop', SGD: 'sgd' }).map(([name, file]) => [
        name,
        [`optim/${file}.ts`, `optim/extended/${file}.ts`].sort(),
      ]),
    ),
  });
});

test('layers have at most three bases in src/layers', () => {
  const layers = classes.filter(({ file }) => file.startsWith('layers/'));
  const basesOf = ({ base }: Class): string[] => {
    const found = layers.find(({ name }) => name === base);
    return found ? [found.name, ...basesOf(found)] : [];
  };
  const deep = layers.map((it) => [it.name, ...basesOf(it)]).filter((chain) => chain.length > 4);
  expect(deep).toEqual([]);
  expect(basesOf(layers.find(({ name }) => name === 'LSTM')!)).toEqual([
    'GraphRecurrent',
    'Standalone',
    'Recurrent',
  ]);
});
