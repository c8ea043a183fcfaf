// node bench/startup.mjs: milliseconds from the first statement of a page's script to its first LSTM result (T16 B1 I16
// H64), whatever it loads then included, in headless Chromium, a new page each time, beside ONNX Runtime Web and TF.js, by
// turns; medians, as Markdown. Files come from this machine, so the network is no part of it. First: the first page of a
// new browser, when nothing is compiled.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { FOR_PAGES } from '../scripts/tools.mjs';
import { data } from './cases.mjs';
import { recurrentModel } from './onnx.mjs';

const ROUNDS = 9;
const here = fileURLToPath(new URL('.', import.meta.url));
const [T, I, H] = [16, 16, 64];
const c = { kind: 'forward', cell: 'lstm', shape: { T, B: 1, I, H } };
const done = 'globalThis.result = performance.now() - globalThis.began;';

const own = (entry) => `
    import { init, LSTM, Sequential } from '../dist/${entry}.js';
    await init();
    const model = new Sequential([new LSTM(${I}, ${H})]);
    const { data } = model.forward({ data: new Float32Array(${T * I}), shape: [${T}, 1, ${I}] });
    globalThis.value = data[0]; ${done}`;

/** A page's script each. */
const SCRIPTS = {
  unrolled: own('index'),
  'unrolled/core': own('core'),
  'onnxruntime-web': `
    import * as ort from 'onnxruntime-web/wasm';
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = '/ort/';
    const model = new Uint8Array(await (await fetch('/lstm.onnx')).arrayBuffer());
    const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
    const x = new ort.Tensor('float32', new Float32Array(${T * I}), [${T}, 1, ${I}]);
    globalThis.value = (await session.run({ x })).y.data[0]; ${done}`,
  '@tensorflow/tfjs (wasm)': `
    import * as tf from '@tensorflow/tfjs';
    import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
    setWasmPaths('/tfjs/');
    await tf.setBackend('wasm');
    await tf.ready();
    const layer = tf.layers.lstm({ units: ${H}, returnSequences: true });
    globalThis.value = (await layer.apply(tf.zeros([1, ${T}, ${I}])).data())[0]; ${done}`,
};

const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const folder = mkdtempSync(join(tmpdir(), 'unrolled-startup-'));
const packages = (name) => dirname(fileURLToPath(import.meta.resolve(name)));
const places = [
  ['/ort/', packages('onnxruntime-web')],
  ['/tfjs/', packages('@tensorflow/tfjs-backend-wasm')],
  ['/', folder],
];
let server;
try {
  for (const [k, code] of Object.values(SCRIPTS).entries()) {
    await build({
      stdin: { contents: code, resolveDir: here, sourcefile: 'page.mjs' },
      ...FOR_PAGES,
      banner: { js: 'globalThis.began ??= performance.now();' },
      ...{ outdir: folder, entryNames: `page${k}`, logLevel: 'error' },
      external: ['fs', 'path', 'node:*', 'worker_threads', 'perf_hooks', 'os'],
    });
    const html = `<!doctype html><title>${k}</title><link rel="icon" href="data:,">
      <script type="module" src="/page${k}.js"></script>`;
    writeFileSync(join(folder, `page${k}.html`), html);
  }
  writeFileSync(join(folder, 'lstm.onnx'), recurrentModel(c, data(c)));
  server = createServer(({ url }, response) => {
    const [prefix, root] = places.find(([start]) => url.startsWith(start));
    const file = join(root, url.slice(prefix.length).replace(/\?.*/, ''));
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'text/html' }).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await report(`http://127.0.0.1:${server.address().port}`);
} finally {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
}

async function report(origin) {
  const names = Object.keys(SCRIPTS);
  const first = names.map(() => []);
  const again = names.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const k of names.keys()) {
      const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
      });
      const context = await browser.newContext();
      for (const times of [first, again]) times[k].push(await once(context, `${origin}/page${k}.html`));
      await browser.close();
    }
  }
  console.log('| to the first LSTM result | first page of a browser | next page |\n|---|---:|---:|');
  for (const [k, name] of names.entries()) {
    console.log(`| ${name} | ${median(first[k])} ms | ${median(again[k])} ms |`);
  }
}

async function once(context, url) {
  const page = await context.newPage();
  const failed = [];
  page.on('pageerror', (error) => failed.push(error.message));
  await page.goto(url);
  const time = await page
    .waitForFunction(() => globalThis.result, undefined, { timeout: 30_000 })
    .catch(() => Promise.reject(new Error(`${url}: no result; ${failed.join('; ')}`)));
  const value = await time.jsonValue();
  await page.close();
  return value;
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1].toFixed(0);
}
