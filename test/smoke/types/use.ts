import { readFileSync } from 'node:fs';
import {
  AdamW,
  Concat,
  crossEntropy,
  type InitOptions,
  init,
  input,
  Linear,
  LSTM,
  Model,
  type Runtime,
  Sequential,
  Trainer,
} from 'unrolled';
import { loadAmp } from 'unrolled/amp';
import { AudioModel, type AudioModelOptions } from 'unrolled/audio';
import { LSTM as CoreLSTM, Sequential as CoreSequential, Trainer as CoreTrainer, mse } from 'unrolled/core';
import { batches, Lanes } from 'unrolled/data';
import { Sequential as Inferring } from 'unrolled/inference';
import { parseSafetensors } from 'unrolled/io';
import { type KerasModel, loadKeras } from 'unrolled/keras';
import { layers } from 'unrolled/keras-layers';
import { storage } from 'unrolled/keras-storage';
import { Arena, type KernelCalls, sgemm } from 'unrolled/kernels';
import { loadOnnx, type OnnxOutputs } from 'unrolled/onnx';
import { fuseLoops } from 'unrolled/onnx-loops';
import { toModel } from 'unrolled/onnx-model';
import { operators } from 'unrolled/onnx-operators';
import { saveOnnx } from 'unrolled/onnx-writer';
import { loadQuantized, quantize, saveHalf } from 'unrolled/quant';
import { init as initSlim } from 'unrolled/slim';
import { loadCharRnn, loadSegmenter } from 'unrolled/text';
import { type InstallOptions, install } from 'unrolled/tfjs';
import { saveTfjs } from 'unrolled/tfjs-writer';
import { readTorch, type TorchFile } from 'unrolled/torch';
import { WorkerTrainer, type WorkerTrainerOptions } from 'unrolled/worker';

const options: InitOptions = { kernels: 'simd', wasm: undefined };
const runtime: Runtime = await init(options);
const core = new CoreTrainer(new CoreSequential([new CoreLSTM(1, 2, { bidirectional: true })]), {
  loss: mse,
  optimizer: new AdamW(),
});
core.step([1], [0, 0, 0, 0], { lengths: [1] });
// @ts-expect-error an option of unrolled's
new CoreLSTM(1, 2, { layerNorm: true });
await initSlim({ wasm: readFileSync('simd.wasm') });
// @ts-expect-error the caller must supply the kernels
await initSlim({});
const trainer = new Trainer(new Sequential([new LSTM(1, 2)]), { loss: crossEntropy, optimizer: new AdamW() });
const loss: number = trainer.step([1], [0]).loss;
const output: Float32Array = Inferring.load(new Uint8Array()).stream().step(1);
const source = input({ features: 2 });
const encoded = new LSTM(2, 3).apply(source);
const next = new Linear(6, 2).apply(new Concat().apply(encoded.output, encoded));
const graph = new Model({ inputs: { source }, outputs: { next } });
const graphTrainer = new Trainer(graph, { loss: { next: crossEntropy }, optimizer: new AdamW() });
graphTrainer.step({ source: [1, 2] }, { next: [0] });
const named: Float32Array = graph.forward({ source: [1, 2] }).next.data;
for (const { x, y, options } of batches([{ x: [1], y: 0 }], { batch: 1 })) trainer.step(x, y, options);
console.log(named, new Lanes(Int32Array.of(1, 2), { steps: 1, batch: 1 }).length);
const ran: OnnxOutputs = (await loadOnnx(new Uint8Array(), { shapes: { batch: 1 } })).run({ x: [1] });
const session = await loadOnnx(new Uint8Array(), { operators: fuseLoops(operators), toModel });
const trained: number = (await session.toModel({ seed: 1 })).parameterCount + toModel(session).parameterCount;
console.log(ran.y?.data, trained);
const keras: KerasModel = await loadKeras(
  { 'a.keras': new Uint8Array() },
  { architecture: '{}', layers, storage },
);
console.log(keras.predict([1]), keras.kerasInputs[0]?.shape);
const installOptions: InstallOptions = {};
console.log(install, installOptions);
const amp: Float32Array = loadAmp('{}').stream({ block: 128 }).steps([0]);
const words: string[] = loadSegmenter('{}').segment(loadCharRnn({}).decode([0]));
console.log(words, amp.length, saveOnnx(graph, { states: false }).length, saveTfjs(graph, { keras: true }));
const small = quantize(graph, { planes: 1 });
console.log(small.report.bytes, loadQuantized(small.save()).parameterCount, saveHalf(graph, 'bf16').length);
const file: TorchFile = readTorch(new Uint8Array());
graph.loadStateDict(file.stateDict({ lstm: 0 }));
const arena = new Arena(64);
const kernels: KernelCalls = arena.kernels;
// @ts-expect-error an argument too few
kernels.vec_fill(1, 2);
sgemm(arena, 'n', 't', 1, 1, 1, arena.take(1), 1, 65_536, 1, 0, arena.take(1), 1);
console.log(runtime.training, loss, output, parseSafetensors(new Uint8Array()).metadata);
const described: WorkerTrainerOptions = { loss: 'mse', optimizer: { name: 'adam', lr: undefined } };
// @ts-expect-error a misspelt option
const misspelt: WorkerTrainerOptions = { loss: 'mse', optimizer: { name: 'adam', lrr: 1e-3 } };
console.log(misspelt);
const hosted = await WorkerTrainer.create(new Uint8Array(), described, { worker: undefined });
// arrays over an ArrayBuffer, which a Blob takes
console.log(new Blob([await hosted.save()]), output.length);
const audio: AudioModelOptions = { batch: undefined };
await AudioModel.create(new AudioContext(), new Sequential([new LSTM(1, 1)]), audio);
