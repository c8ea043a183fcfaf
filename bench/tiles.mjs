// Tiles that are chosen while work runs, next to those of `revectorize: true` with V8's flag, and to 8 columns without it.
// node bench/tiles.mjs [ROUNDS] [NAME]: Node (the one that runs this) and Chromium; ratios of the fastest calls of bursts in turns. NAME:
// only what begins with it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { launch, serve } from './engines/chromium.mjs';
import { open } from './tilesWork.mjs';

/** Each list in processes of its own, which find the tiles by its first. */
const WORK = [['sgemm256', 'sgemm512', 'LSTM', 'GRU'], ['ONNX LSTM'], ['TF.js matMul512', 'TF.js LSTM']];
/** Work before anything is measured, and per burst, in ms. */
const WARM_UP_MS = 300;
const BURST_MS = 60;

const [first, second, third] = process.argv.slice(2);
if (first === 'child') await child(second, third);
else await compare(Number(first ?? 9), second ?? '');

/** One process: answers with what a burst took. */
async function child(mode, kernels) {
  const { burst, revectorized } = await open(mode, kernels);
  process.on('message', async ({ name, ms }) => process.send(await burst(name, ms)));
  process.send({ revectorized });
}

async function compare(rounds, wanted) {
  const server = await serve();
  for (const [engine, start] of [
    [`Node ${process.versions.node}`, inNode],
    ['Chromium', (...args) => inChromium(server, ...args)],
  ])
    for (const flag of [true, false])
      for (const kernels of engine === 'Chromium' ? ['relaxed'] : ['simd', 'relaxed']) {
        const other = flag ? 'revectorize' : engine === 'Chromium' ? 'revectorize' : 'untried';
        const ratios = [];
        for (const list of WORK) {
          const work = list.filter((name) => name.startsWith(wanted));
          if (!work.length) continue;
          const [mine, theirs] = [await start('default', kernels, flag), await start(other, kernels, flag)];
          for (const name of work) ratios.push(await ratioOf(name, mine, theirs, rounds));
          await mine.close();
          await theirs.close();
        }
        const baseline = flag ? 'revectorize: true' : '8 columns';
        console.log(
          `${engine}, ${flag ? 'with' : 'without'} the flag, ${kernels}: speed by ${baseline}: ${ratios.join(', ')}`,
        );
      }
  server.close();
}

/** The median of the ratios of bursts in turns. */
async function ratioOf(name, mine, theirs, rounds) {
  for (const { burst } of [mine, theirs]) await burst(name, WARM_UP_MS);
  const found = [];
  for (let i = 0; i < rounds; i++) {
    const [a, b] = [await mine.burst(name, BURST_MS), await theirs.burst(name, BURST_MS)];
    found.push(b / a);
  }
  found.sort((a, b) => a - b);
  return `${name} ${found[rounds >> 1].toFixed(2)}`;
}

async function inNode(mode, kernels, flag) {
  const execArgv = flag ? ['--experimental-wasm-revectorize'] : [];
  const one = fork(fileURLToPath(import.meta.url), ['child', mode, kernels], { execArgv });
  await once(one, 'message');
  return {
    burst: async (name, ms) => {
      one.send({ name, ms });
      return (await once(one, 'message'))[0];
    },
    close: () => one.kill(),
  };
}

async function inChromium(server, mode, kernels, flag) {
  const browser = await launch(flag);
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.evaluate(
    async ([path, ...args]) => {
      globalThis.tiles = await (await import(path)).open(...args);
    },
    ['/bench/tilesWork.mjs', mode, kernels],
  );
  return {
    burst: (name, ms) => page.evaluate(([of, time]) => globalThis.tiles.burst(of, time), [name, ms]),
    close: () => browser.close(),
  };
}
