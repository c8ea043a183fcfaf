// Your model: files of each format are drawn, run, trained and saved; bad ones are told in words.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Embedding, init, Linear, LSTM, Model, Sequential } from '../../dist/index.js';
import { loadOnnx } from '../../dist/onnx/index.js';
import { saveOnnx } from '../../dist/onnxWriter/index.js';
import { until } from './browser.mjs';
import { shootResult } from './shoot.mjs';

export const name = 'your model: open, run, train, save; bad files';

const file = (name, buffer) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(buffer) });
const fixture = (path) => readFileSync(new URL(`../../test/fixtures/${path}`, import.meta.url));

export async function run({ page, said, elsewhere, note }) {
  await page.getByRole('tab', { name: 'Your model' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Your model' });
  const status = panel.getByRole('status');
  const open = async (...files) => {
    await panel.locator('.side input[type=file]').setInputFiles(files);
    await panel.locator('h2').filter({ hasText: files[0].name }).waitFor();
  };
  const press = async (label, words) => {
    await panel.getByRole('button', { name: label }).click();
    await status.getByText(words).waitFor();
  };
  const boxes = () => panel.locator('.box').allInnerTexts();

  await panel.getByRole('button', { name: 'Open an example' }).click();
  await status.getByText(/^letters\.safetensors: /).waitFor();
  assert.match((await boxes()).join('\n'), /LSTM/);

  // a chain of layers, in two formats, and back
  await init();
  const model = new Sequential([new Embedding(20, 8), new LSTM(8, 16), new Linear(16, 20)], { seed: 1 });
  for (const [name, bytes] of [
    ['chain.safetensors', model.save()],
    ['chain.onnx', saveOnnx(model)],
  ]) {
    await open(file(name, bytes));
    const drawn = (await boxes()).join('\n');
    for (const layer of ['Embedding', 'LSTM', 'Linear']) assert.match(drawn, new RegExp(layer));
    assert.match(drawn, /16\]/);
    await press('Run', /Ran \d+ times/);
    note(`${name}: ${await panel.locator('.factor').textContent()} a run`);
    await press(/^Train \d+/, 'Trained');
    const [, before, after] = /Loss (\S+) at first, (\S+) after/.exec(
      await panel.getByText('at first').textContent(),
    );
    assert.ok(Number(after) < Number(before), `the loss went from ${before} to ${after}`);
  }
  await shootResult(page, 'model');
  // both files have what it has learned
  const tuned = await saved(page, panel, '.safetensors');
  const exported = await saved(page, panel, '.onnx');
  assert.equal(tuned.name, 'chain.safetensors');
  const x = { data: Int32Array.from({ length: 10 }, (_, i) => i), shape: [10, 1] };
  const session = await loadOnnx(exported.bytes);
  const [found] = Object.values(session.run({ [session.inputs[0].name]: x }));
  const [wanted] = Object.values(Model.load(tuned.bytes).forward({ [session.inputs[0].name]: x }));
  const off = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));
  assert.ok(off(found.data, wanted.data) < 1e-4);
  assert.ok(off(found.data, model.forward(x).data) > 1e-3, 'it has learned');

  // TensorFlow.js: the topology and its shards
  const parts = await tensorflowFiles();
  await open(...parts);
  assert.match((await boxes()).join('\n'), /GRU/);
  await press('Run', /Ran/);
  const csv = Array.from({ length: 80 }, (_, i) => [1, 2, 3, 4].map((k) => Math.sin(i / k)).join(',')).join(
    '\n',
  );
  await panel.locator('.column input[type=file]').setInputFiles([file('waves.csv', `a,b,c,d\n${csv}`)]);
  await panel.getByText('waves.csv').waitFor();
  await press(/^Train \d+/, 'Trained');
  await panel.locator('.column input[type=file]').setInputFiles([file('words.csv', 'a,b\n1,x\n')]);
  await panel.getByText('words.csv').waitFor();
  await press(/^Train \d+/, 'line 2 is not numbers');

  // several files of one model, in any order, and its folder
  const { charRnn } = JSON.parse(fixture('text/expected.json'));
  const [{ files }] = Object.values(charRnn);
  const written = Object.entries(files).map(([name, text]) => file(name, Buffer.from(text, 'base64')));
  for (const order of [written, written.toReversed()]) {
    await panel.locator('.side input[type=file]').setInputFiles(order);
    await status.getByText('manifest.json: ml5 charRNN').waitFor();
    await open(file('state.pt', fixture('torch/state.pt')));
  }
  await panel.locator('.side input[type=file]').setInputFiles(parts.toReversed());
  await status.getByText('model.json: TensorFlow.js').waitFor();
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-demo-'));
  mkdirSync(join(folder, 'a folder in it'));
  for (const { name, buffer } of written) writeFileSync(join(folder, name), buffer);
  await drop(page, panel.locator('.side .drop'), folder);
  await status.getByText('manifest.json: ml5 charRNN').waitFor();
  assert.match((await boxes()).join('\n'), /LSTM/);
  rmSync(folder, { recursive: true });

  // a graph of operators that is no model of layers
  await open(file('operators.onnx', fixture('onnx/operators.onnx')));
  const nodes = await panel.locator('.operators .node').allTextContents();
  assert.ok(nodes.length > 8);
  await apart(panel.locator('.operators .node rect'));
  for (const label of ['x', 'MatMul', 'If (2)', 'probabilities'])
    assert.ok(nodes.some((node) => node.startsWith(label)));
  assert.equal(await panel.locator('.operators .node.input').count(), 1);
  assert.ok((await panel.locator('.operators .flow').count()) >= nodes.length - 1);
  await press('Run', /Ran/);

  // tensors without layers
  await open(file('state.pt', fixture('torch/state.pt')));
  await panel.getByText('Not run here').waitFor();
  await panel.getByText(/^Tensors/).waitFor();

  const onnx = saveOnnx(model);
  const bad = {
    'nothing.onnx': [new Uint8Array(), /an empty file/],
    'words.txt': ['Call me Ishmael.', /plain text/],
    'picture.h5': [Buffer.from('89504e470d0a1a0a0000', 'hex'), /a PNG image/],
    'cut.onnx': [onnx.subarray(0, onnx.length / 2), /onnx/i],
    'cut.safetensors': [model.save().subarray(0, 300), /safetensors/],
    'noise.onnx': [Buffer.concat([Buffer.from('08071200', 'hex'), Buffer.alloc(500, 0xff)]), /onnx/i],
    'other.json': ['{"a": 1}', /no weights/],
  };
  for (const [name, [bytes, words]] of Object.entries(bad)) {
    await panel.locator('.side input[type=file]').setInputFiles([file(name, bytes)]);
    await until(page, async () => words.test(await status.textContent()));
    assert.equal(await panel.locator('.box').count(), 0, name);
  }
  await panel.locator('.side input[type=file]').setInputFiles([parts[0]]);
  await until(page, async () => /without|shard|weight|missing|not/.test(await status.textContent()));
  assert.deepEqual([said, elsewhere], [[], []]);
}

/** Drops a file or a folder, as a person does. */
async function drop(page, place, path) {
  const { x, y, width, height } = await place.boundingBox();
  const at = { x: x + width / 2, y: y + height / 2 };
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'])
    await session.send('Input.dispatchDragEvent', { type, ...at, data });
  await session.detach();
}

/** No two boxes overlap. */
async function apart(rects) {
  const boxes = await Promise.all((await rects.all()).map((rect) => rect.boundingBox()));
  for (const [i, a] of boxes.entries())
    for (const b of boxes.slice(i + 1)) {
      const isApart =
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      assert.ok(isApart, JSON.stringify([a, b]));
    }
}

async function saved(page, panel, ending) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    panel.getByRole('button', { name: `Save as ${ending}` }).click(),
  ]);
  const bytes = new Uint8Array(readFileSync(await download.path()));
  return { name: download.suggestedFilename(), bytes };
}

/** A model of TensorFlow.js as the files that it saves. */
async function tensorflowFiles() {
  // it advertises its Node backend otherwise
  tf.env().set('PROD', true);
  const model = tf.sequential();
  const fast = { recurrentInitializer: 'glorotNormal' };
  model.add(tf.layers.gru({ units: 6, inputShape: [null, 3], returnSequences: true, ...fast }));
  model.add(tf.layers.dense({ units: 1 }));
  let made;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      made = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  const manifest = [{ paths: ['group1-shard1of1.bin'], weights: made.weightSpecs }];
  const json = { format: 'layers-model', modelTopology: made.modelTopology, weightsManifest: manifest };
  return [file('model.json', JSON.stringify(json)), file('group1-shard1of1.bin', made.weightData)];
}
