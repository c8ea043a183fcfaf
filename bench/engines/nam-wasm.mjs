/** Neural Amp Modeler's own code in WebAssembly: models of amplifiers, block by block. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNamModule, NamWasmModule } from '@opendaw/nam-wasm';
import { data } from '../cases.mjs';
import { namOf } from '../nam.mjs';

const folder = dirname(fileURLToPath(import.meta.resolve('@opendaw/nam-wasm')));

export async function open() {
  const { version } = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8'));
  const wasmBinary = readFileSync(join(folder, 'nam.wasm'));
  const module = await createNamModule({ wasmBinary, locateFile: (name) => join(folder, name) });
  return { versions: { 'nam-wasm': version }, prepare: (c) => prepare(c, module) };
}

function prepare(c, module) {
  if (c.kind !== 'amp') return null;
  const given = data(c);
  const { T } = c.shape;
  const nam = NamWasmModule.fromModule(module, T);
  nam.setSampleRate(48_000);
  nam.setMaxBufferSize(T);
  const id = nam.createInstance();
  if (!nam.loadModel(id, namOf(c, given))) throw new Error('the model was refused');
  const y = new Float32Array(T);
  return {
    run: () => nam.process(id, given.x.data, y),
    output: () => y.slice(),
    dispose: () => nam.destroyInstance(id),
  };
}
