// node bench/tfjs.mjs [--rounds N] [--only NAME] [--json FILE] [--chromium]: fit and predict of TF.js's recurrent layers with its default
// activations and of the models of its examples (bench/tfjsPrograms.mjs), in one process: by turns on its backends cpu and wasm, then
// by turns with `install` and as the step of our own Trainer on the same layers. CPU time of the process in ms, medians; ratios to
// the faster of TF.js's two. A turn is calls of 40 ms that do not count, since they move the tensors to the backend, then calls of 40
// ms. A backend of TF.js that needs more than 400 ms for one call has one turn; of cpu, which does not get faster, the first counts.
// --chromium: in a page of headless Chromium, by the CPU time of its thread.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    json: { type: 'string' },
    chromium: { type: 'boolean', default: false },
  },
});
const setting = { rounds: Number(options.rounds), only: options.only };
const { resolve } = createRequire(import.meta.url);
const wasmFolder = join(dirname(resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist');

const found = options.chromium ? await inChromium() : await inNode();
if (options.json) writeFileSync(options.json, JSON.stringify(found));

async function inNode() {
  const { measureModels } = await import('./tfjsModels.mjs');
  const clock = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const node = process.versions.node;
  console.log(`Node ${node}, CPU time`);
  return { node, ...(await measureModels({ ...setting, wasmPath: `${wasmFolder}/`, clock })) };
}

async function inChromium() {
  const { build } = await import('esbuild');
  const { executablePath, launch } = await import('../demo/test/browser.mjs');
  if (!executablePath) throw new Error('no Chromium (CHROMIUM says where it is)');
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from './tfjsModels.mjs';",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    ...{ bundle: true, format: 'esm', platform: 'browser', write: false, logLevel: 'error' },
  });
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    await page.exposeFunction('cpuTime', async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'ThreadTime').value * 1000;
    });
    page.on('console', (message) => console.log(message.text()));
    await page.route('http://bench.test/**', (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: '<!doctype html>' });
      if (pathname === '/models.js') {
        return route.fulfill({ contentType: 'text/javascript', body: outputFiles[0].text });
      }
      const body = readFileSync(join(wasmFolder, pathname.slice(1)));
      return route.fulfill({ contentType: 'application/wasm', body });
    });
    await page.goto('http://bench.test/');
    const chromium = browser.version();
    console.log(`Chromium ${chromium}, CPU time of the page's thread`);
    const measured = await page.evaluate(async (given) => {
      const { measureModels } = await import('/models.js');
      return measureModels({ ...given, wasmPath: '/', clock: globalThis.cpuTime });
    }, setting);
    return { chromium, ...measured };
  } finally {
    await browser.close();
  }
}
