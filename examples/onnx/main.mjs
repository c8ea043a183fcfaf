// A model trained here, as an ONNX file with its states as inputs and outputs, run step by step.
import { AdamW, GRU, init, Linear, mse, Sequential, Trainer } from 'unrolled';
import { loadOnnx } from 'unrolled/onnx';
import { saveOnnx } from 'unrolled/onnx-writer';

await init({ kernels: 'simd' });
const wave = Float32Array.from({ length: 201 }, (_, t) => Math.sin(t / 5));
const model = new Sequential([new GRU(1, 16), new Linear(16, 1)], { seed: 1 });
const trainer = new Trainer(model, { loss: mse, optimizer: new AdamW({ lr: 0.01 }) });
for (let i = 0; i < 150; i++) trainer.step(wave.subarray(0, 200), wave.subarray(1));

const bytes = saveOnnx(model, { states: true });
const session = await loadOnnx(bytes, { shapes: { steps: 1, batch: 1 } });
const named = (list) => list.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(' and ');
console.log(`${bytes.length} bytes: ${named(session.inputs)} → ${named(session.outputs)}`);

const states = Object.fromEntries(
  session.inputs.slice(1).map(({ name }) => [name.replace('h0', 'hN'), name]),
);
const [file, stream] = [session.stream({ states }), model.stream()];
let largest = 0;
for (const x of wave) {
  const { output } = file.step({ x: [x] });
  largest = Math.max(largest, Math.abs(output.data[0] - stream.step(x)[0]));
}
console.log(`largest difference to the model over ${wave.length} steps: ${largest}`);
