/**
 * LiteRT.js on its CPU: products, maps, and layers that are unrolled (it refuses the operator with states of its own, to which an LSTM
 * is converted otherwise). It is made for pages: here it is given what it finds in a worker.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { data } from '../cases.mjs';
import { mapFile, matmulFile, recurrentFile } from '../tflite.mjs';

const folder = join(dirname(fileURLToPath(import.meta.resolve('@litertjs/core'))), '..');

export async function open() {
  const wasm = join(folder, 'wasm');
  Object.assign(globalThis, {
    self: globalThis,
    require: createRequire(import.meta.url),
    __dirname: wasm,
    importScripts: (file) => runInThisContext(readFileSync(file, 'utf8'), { filename: file }),
  });
  // no GPU
  globalThis.navigator ??= {};
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const litert = await import('@litertjs/core');
  await litert.loadLiteRt(`${wasm}/`);
  return { versions: { '@litertjs/core': version }, prepare: (c) => prepare(c, litert) };
}

async function prepare(c, litert) {
  const given = data(c);
  const bytes = fileOf(c, given);
  if (!bytes) return null;
  const model = await litert.loadAndCompile(bytes, { accelerator: 'wasm' });
  const tensor = ({ data: values, shape }) => new litert.Tensor(values, shape);
  const names = c.kind === 'matmul' ? ['a', ...(c.constant ? [] : ['b'])] : ['x'];
  const inputs = names.map((name) => tensor(given[name]));
  const { B, H } = c.shape;
  const states = model.getInputDetails().length - inputs.length;
  let before = Array.from({ length: states }, () => tensor({ data: new Float32Array(B * H), shape: [B, H] }));
  let y;
  return {
    run: async () => {
      y?.delete();
      const [output, ...after] = await model.run([...inputs, ...before]);
      y = output;
      // a step goes on from the last one
      const unused = c.kind === 'step' ? before : after;
      if (c.kind === 'step') before = after;
      for (const state of unused) state.delete();
    },
    output: () => Float32Array.from(y.toTypedArray()),
    dispose: () => {
      for (const one of [y, ...inputs, ...before]) one?.delete();
      model.delete();
    },
  };
}

function fileOf(c, given) {
  switch (c.kind) {
    case 'matmul':
      return matmulFile(c, given);
    case 'map':
      return mapFile(c, given);
    case 'step':
    case 'forward':
      return recurrentFile(c, given);
    default:
      return null;
  }
}
