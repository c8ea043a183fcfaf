import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as unrolled from 'unrolled';
import * as core from 'unrolled/core';
import * as inference from 'unrolled/inference';
import { parseSafetensors } from 'unrolled/io';
import { Arena, init, sgemm } from 'unrolled/kernels';
import * as slim from 'unrolled/slim';
import { WorkerTrainer } from 'unrolled/worker';
import { train, trainInWorker } from './train.mjs';

const bits = await train(unrolled);
if ((await train(core)) !== bits) throw new Error('core: other bits');
for (const build of ['simd-core', 'simd']) {
  const wasm = await readFile(fileURLToPath(import.meta.resolve(`unrolled/${build}.wasm`)));
  if ((await train(slim, { wasm })) !== bits) throw new Error(`slim, ${build}: other bits`);
}

if ((await trainInWorker(unrolled, WorkerTrainer)) !== bits) throw new Error('worker: other bits');

await init({ kernels: 'simd' });
const arena = new Arena(1 << 16);
const [a, c] = [arena.put([1, 2, 3, 4]), arena.take(4)];
sgemm(arena, 'n', 'n', 2, 2, 2, a, 2, a, 2, 0, c, 2);
if (arena.f32(c).join() !== '7,10,15,22') throw new Error(`sgemm: ${arena.f32(c)}`);

const model = new unrolled.Sequential([new unrolled.LSTM(2, 3)], { seed: 1 });
const saved = model.save();
if (parseSafetensors(saved).tensors.size !== 4) throw new Error('io: not four tensors');
await inference.init({ kernels: 'simd' });
const output = inference.Sequential.load(saved).forward([1, 2, 3, 4]).data;
if (output.join() !== model.forward([1, 2, 3, 4]).data.join()) throw new Error('inference: other numbers');
console.log(bits);
