/** This package in headless Chromium: the page runs engines/unrolled.mjs and measures itself. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TYPES = { '.mjs': 'text/javascript', '.js': 'text/javascript' };
const BINARIES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];

/** Modules that pages can't find by name, by the file that each begins with. */
const MODULES = ['tinybench', '@tensorflow/tfjs/dist/tf.min.js'];

/** @param {{ kernels: 'simd' | 'relaxed', revectorize: boolean }} options */
export async function open({ kernels, revectorize }) {
  const server = await serve();
  const browser = await launch(revectorize);
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.evaluate((build) => globalThis.bench.open(build), { kernels, revectorize });
  return {
    versions: { chromium: browser.version() },
    probe: (ms) => page.evaluate((time) => globalThis.bench.probe(time), ms),
    prepare: (c) => prepare(c, page),
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}

/** Chromium, with V8's flag for 256-bit code or without. */
export function launch(revectorize) {
  const executablePath = BINARIES.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('no Chromium (CHROMIUM says where it is)');
  return chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...(revectorize ? ['--js-flags=--wasm-revectorize'] : []),
    ],
  });
}

async function prepare(c, page) {
  await page.evaluate((given) => globalThis.bench.prepare(given), c);
  return {
    check: async (runs) => {
      const { us, output } = await page.evaluate((n) => globalThis.bench.check(n), runs);
      const bytes = Buffer.from(output, 'base64');
      return { us, output: new Float32Array(Uint8Array.from(bytes).buffer) };
    },
    burst: (ms) => page.evaluate((time) => globalThis.bench.burst(time), ms),
    dispose: () => page.evaluate(() => globalThis.bench.dispose()),
  };
}

/** The page's own script: clocks of a page that is isolated from others count in steps of 5 µs. */
const SCRIPT = `
  import { burst, first } from '/bench/measure.mjs';
  import { open } from '/bench/engines/unrolled.mjs';
  let engine;
  let handle;
  const base64 = ({ buffer, byteOffset, byteLength }) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.readAsDataURL(new Blob([new Uint8Array(buffer, byteOffset, byteLength)]));
  });
  globalThis.bench = {
    open: async (options) => { engine = await open(options); },
    probe: (ms) => engine.probe(ms),
    prepare: async (c) => { handle = await engine.prepare(c); },
    check: async (runs) => {
      const { us, output } = await first(handle, runs);
      return { us, output: await base64(output) };
    },
    burst: (ms) => burst(handle, ms, 1),
    dispose: () => { handle.dispose?.(); handle = undefined; },
  };
`;

/** The files that pages load. */
export function serve() {
  const files = Object.fromEntries(MODULES.map((name) => [name, fileURLToPath(import.meta.resolve(name))]));
  const imports = Object.fromEntries(MODULES.map((name) => [name, `/modules/${name}`]));
  const page = `<!doctype html><title>unrolled</title>
    <script type="importmap">${JSON.stringify({ imports })}</script><script type="module">${SCRIPT}</script>`;
  const server = createServer(({ url }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
    const headers = {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    };
    if (path === '/') {
      response.writeHead(200, { ...headers, 'Content-Type': 'text/html' }).end(page);
      return;
    }
    const file =
      files[path.replace('/modules/', '')] ?? (/^\/(dist|bench)\//.test(path) ? join(root, path) : '');
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      ...headers,
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
