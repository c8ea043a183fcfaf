// node test/cli/exported/onnxRuntime.mjs FOLDER: writes a model for Triton and streams 1,000 steps of two rows in onnxruntime-node,
// which is installed in FOLDER, next to the model's own stream. Needs a built package.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { init, Sequential } from '../../../dist/index.js';

const here = dirname(fileURLToPath(import.meta.url));
const { InferenceSession, Tensor } = createRequire(resolve(process.argv[2], 'x.js'))('onnxruntime-node');
const source = join(here, 'continued.safetensors');
const folder = mkdtempSync(join(tmpdir(), 'unrolled-onnx-'));
const STEPS = 1000;

try {
  const program = join(here, '../../../dist/cli/main.js');
  execFileSync(process.execPath, [program, 'convert', source, join(folder, 'writer'), '--to', 'triton']);
  const session = await InferenceSession.create(join(folder, 'writer/1/model.onnx'));
  await init({ kernels: 'simd' });
  const model = Sequential.load(readFileSync(source));
  const stream = model.stream({ batch: 2 });
  const states = Object.fromEntries(
    ['1.h', '1.c'].map((name) => [`${name}0`, new Tensor('float32', new Float32Array(12), [2, 1, 6])]),
  );
  let worst = 0;
  for (let step = 0; step < STEPS; step++) {
    const tokens = [step * 7, step * 5 + 1].map((token) => token % model.layers[0].numEmbeddings);
    const x = new Tensor('int64', BigInt64Array.from(tokens, BigInt), [2, 1]);
    const found = await session.run({ x, ...states });
    const expected = stream.step(tokens);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const [i, value] of expected.entries())
      worst = Math.max(worst, Math.abs(found.output.data[i] - value) / largest);
    for (const name of Object.keys(states)) states[name] = found[name.replace(/0$/, 'N')];
  }
  console.log(`${STEPS} steps, largest difference ${worst.toExponential(1)} of the largest output`);
} finally {
  rmSync(folder, { recursive: true });
}
