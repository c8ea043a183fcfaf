// node bench/startup.mjs: milliseconds from the first statement of a page's script to its first LSTM result (T16 B1 I16
// H64), whatever it loads then included, in headless Chromium, next to ONNX Runtime Web and TF.js, in turns; medians, as
// Markdown. Files come from this machine, so the network is no part of it. First: the first page of a new browser, when
// nothing is compiled; next: a page after it. The pages report by themselves: a browser that is watched by DevTools takes a
// stack at each import(), which parses all of the script again. `--own` leaves the others out; `--parts` also says when
// each part of ours is done; `--against FOLDER` runs another build of ours in turns with this one (a dist folder);
// `--wait MS` starts the script that long after the page, as a new browser still starts its own processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { FOR_PAGES } from '../scripts/tools.mjs';

const ROUNDS = 9;
const here = fileURLToPath(new URL('.', import.meta.url));
const [T, I, H] = [16, 16, 64];
const c = { kind: 'forward', cell: 'lstm', shape: { T, B: 1, I, H } };
const { values: given } = parseArgs({
  options: {
    own: { type: 'boolean' },
    parts: { type: 'boolean' },
    against: { type: 'string' },
    wait: { type: 'string', default: '0' },
  },
});
const { parts } = given;
const done = `
    const ms = performance.now() - globalThis.began;
    await fetch('/done?' + ms, { method: 'POST', body: JSON.stringify(globalThis.parts ?? []) });
    if (location.search === '') location.replace('?next');`;

/** Before the first module: notes when each part was done. */
const NOTES = `
  if (!globalThis.parts) {
    globalThis.parts = [];
    globalThis.note = (name) => parts.push([name, performance.now() - began]);
    WebAssembly.Module = new Proxy(WebAssembly.Module, {
      construct(Module, [bytes]) {
        note('kernels inflated');
        const module = new Module(bytes);
        note('kernels compiled');
        return module;
      },
    });
  }`;

const own = (entry, dist = '../dist') => `
    import { init, LSTM, Sequential } from ${JSON.stringify(`${dist}/${entry}.js`)};
    const note = globalThis.note ?? (() => {});
    note('modules evaluated');
    await init();
    note('init resolved');
    const layer = new LSTM(${I}, ${H});
    note('layer');
    const model = new Sequential([layer]);
    note('model: memory, instance, initial weights');
    const { data } = model.forward({ data: new Float32Array(${T * I}), shape: [${T}, 1, ${I}] });
    globalThis.value = data[0]; 
    note('first forward pass'); ${done}`;

const against = given.against && resolve(given.against);
/** A page's script each. */
const ALL = {
  unrolled: own('index'),
  'unrolled/core': own('core'),
  ...(against && {
    'unrolled, the other build': own('index', against),
    'unrolled/core, the other build': own('core', against),
  }),
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

const SCRIPTS = Object.fromEntries(
  Object.entries(ALL).filter(([name]) => !(given.own || parts || against) || name.startsWith('unrolled')),
);
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const folder = mkdtempSync(join(tmpdir(), 'unrolled-startup-'));
/** Folders of files by the start of their path: those of a package where it is needed. */
const PLACES = { '/ort/': 'onnxruntime-web', '/tfjs/': '@tensorflow/tfjs-backend-wasm' };
/** Told of the ms of each page, and of its parts. */
let reported;
let server;
try {
  for (const [k, code] of Object.values(SCRIPTS).entries()) {
    await build({
      stdin: { contents: code, resolveDir: here, sourcefile: 'page.mjs' },
      ...FOR_PAGES,
      banner: { js: `globalThis.began ??= performance.now();${parts ? NOTES : ''}` },
      ...{ outdir: folder, entryNames: `page${k}`, logLevel: 'error' },
      external: ['fs', 'path', 'node:*', 'worker_threads', 'perf_hooks', 'os'],
    });
    const html = `<!doctype html><title>${k}</title><link rel="icon" href="data:,">${scriptOf(`/page${k}.js`)}`;
    writeFileSync(join(folder, `page${k}.html`), html);
  }
  if ('onnxruntime-web' in SCRIPTS) {
    const [{ recurrentModel }, { data }] = await Promise.all([import('./onnx.mjs'), import('./cases.mjs')]);
    writeFileSync(join(folder, 'lstm.onnx'), recurrentModel(c, data(c)));
  }
  server = createServer(async (request, response) => {
    const { url } = request;
    if (url.startsWith('/done?')) {
      reported({ ms: Number(url.slice(6)), parts: await json(request) });
      return response.writeHead(204).end();
    }
    const file = fileOf(url.replace(/\?.*/, ''));
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'text/html' }).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await report(`http://127.0.0.1:${server.address().port}`);
} finally {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
}

/** The element of a page that starts a module. */
function scriptOf(path) {
  if (given.wait === '0') return `<script type="module" src="${path}"></script>`;
  return `<script>
    const late = Object.assign(document.createElement('script'), { type: 'module', src: '${path}' });
    setTimeout(() => document.head.append(late), ${Number(given.wait)});
  </script>`;
}

function fileOf(path) {
  const prefix = Object.keys(PLACES).find((start) => path.startsWith(start));
  if (prefix === undefined) return join(folder, path);
  return join(dirname(fileURLToPath(import.meta.resolve(PLACES[prefix]))), path.slice(prefix.length));
}

async function report(origin) {
  const names = Object.keys(SCRIPTS);
  const first = names.map(() => []);
  const next = names.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const i of names.keys()) {
      // another one begins each round: the first is slower, as browsers of the round before still end
      const k = (i + round) % names.length;
      const [one, other] = await twoPages(`${origin}/page${k}.html`);
      first[k].push(one);
      next[k].push(other);
    }
  }
  console.log('| to the first LSTM result | first page of a browser | next page |\n|---|---:|---:|');
  for (const [k, name] of names.entries()) {
    row(name, ...[first[k], next[k]].map((pages) => pages.map(({ ms }) => ms)));
    for (const [part] of parts ? first[k][0].parts : []) {
      row(
        `… ${part}`,
        ...[first[k], next[k]].map((pages) => pages.map((page) => new Map(page.parts).get(part))),
      );
    }
  }
}

function row(name, first, next) {
  console.log(`| ${name} | ${median(first)} ms | ${median(next)} ms |`);
}

/** What two pages of a new browser report, which goes to the second by itself. */
async function twoPages(url) {
  const profile = mkdtempSync(join(tmpdir(), 'unrolled-profile-'));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
  ];
  const browser = spawn(
    process.env.CHROMIUM ?? '/usr/bin/chromium',
    [...flags, `--user-data-dir=${profile}`, url],
    { stdio: 'ignore', detached: true },
  );
  const pages = [];
  try {
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${url}: no result in 60 s`)), 60_000);
      reported = (page) => {
        if (pages.push(page) < 2) return;
        clearTimeout(late);
        resolve();
      };
    });
  } finally {
    // with its processes, which else write to the profile for a while
    process.kill(-browser.pid, 'SIGKILL');
    await once(browser, 'exit');
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  }
  return pages;
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1].toFixed(0);
}
