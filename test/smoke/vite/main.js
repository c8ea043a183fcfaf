import * as unrolled from 'unrolled';
import { AudioModel } from 'unrolled/audio';
import { WorkerTrainer } from 'unrolled/worker';
import { train, trainInWorker } from './train.mjs';

function ownWorker() {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
  });
}

/** Whether two models in the AudioWorklet of one context give what they give here, to the bit. */
async function inWorklet({ init, LSTM, Sequential }) {
  await init({ kernels: 'simd' });
  const samples = 256;
  const x = Float32Array.from({ length: samples }, (_, i) => Math.sin(i / 9));
  const context = new OfflineAudioContext(2, samples, 48_000);
  const buffer = context.createBuffer(1, samples, 48_000);
  buffer.copyToChannel(x, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  const merger = new ChannelMergerNode(context, { numberOfInputs: 2 });
  const models = [1, 2].map((seed) => new Sequential([new LSTM(1, 1)], { seed }));
  for (const [channel, model] of models.entries()) {
    const { node } = await AudioModel.create(context, model);
    source.connect(node).connect(merger, 0, channel);
  }
  merger.connect(context.destination);
  source.start();
  const rendered = await context.startRendering();
  const same = models.map((model, channel) => {
    const stream = model.stream();
    const expected = x.map((sample) => stream.step([sample])[0]);
    return rendered.getChannelData(channel).every((value, i) => value === expected[i]);
  });
  return same.every(Boolean);
}

globalThis.smoke = (async () => [
  await train(unrolled),
  await ownWorker(),
  await trainInWorker(unrolled, WorkerTrainer),
  await inWorklet(unrolled).catch(String),
])();
