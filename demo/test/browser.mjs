// The built page in headless Chromium, watched: console messages, requests to elsewhere, violations of its policy.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { preview } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const BINARIES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];

export const executablePath = BINARIES.find((path) => path && existsSync(path));

/** Serves demo/dist. */
export async function serve() {
  const server = await preview({ root, preview: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
  const { port } = server.httpServer.address();
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

/** Longest to wait for anything, in s: on a busy machine, all takes several times as long. */
export const PATIENCE_S = 180;

export const launch = () =>
  chromium.launch({
    executablePath,
    timeout: 1000 * PATIENCE_S,
    args: [
      ...[
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--autoplay-policy=no-user-gesture-required',
        // a microphone that beeps
        '--use-fake-device-for-media-stream',
      ],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });

/** How many times slower the page's main thread is to be, as on another machine. */
const THROTTLE = Number(process.env.THROTTLE ?? 1);

/** A context of its own: as a person who comes for the first time. */
export async function visit(browser, address, options = {}) {
  const [url] = address.split('#');
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(1000 * PATIENCE_S);
  const said = [];
  const elsewhere = [];
  await context.addInitScript(() => {
    globalThis.violations = [];
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      violations.push(`${violatedDirective}: ${blockedURI}`),
    );
  });
  context.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  context.on('weberror', (error) => said.push(`error: ${error.error()}`));
  context.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
  });
  const page = await context.newPage();
  if (THROTTLE > 1) {
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE });
  }
  // the first tab begins by itself: the others are visited without it
  await page.goto(address.includes('#') ? address : `${address}#text`);
  return { context, page, said, elsewhere };
}

/**
 * Tasks of the page's main thread that take longer than `ms` of its time, while `work` is done: their times in ms. Other
 * than the wall clock, this does not count what other processes do; a cache that they share still makes a task slower.
 */
async function tasksOver(browser, page, ms, work) {
  await browser.startTracing(page, { categories: ['toplevel'] });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const thread = ({ pid, tid }) => `${pid}/${tid}`;
  const names = traceEvents.filter(({ name }) => name === 'thread_name');
  const main = new Set(names.filter(({ args }) => args.name === 'CrRendererMain').map(thread));
  const tasks = traceEvents.filter((event) => /RunTask$/.test(event.name) && main.has(thread(event)));
  if (!tasks.some(({ tdur }) => tdur > 0)) throw new Error('the trace has no times of tasks');
  return tasks.filter(({ tdur }) => tdur > 1000 * ms).map(({ tdur }) => Math.round(tdur / 1000));
}

/** Attempts at most, of what a busy machine makes slow in some of them. */
const ATTEMPTS = 5;
/** Part that a busy machine adds to a task, since its caches and its clock are shared. */
const BUSY = 2;

/**
 * No task of the main thread takes over `ms` while `work` is done, on a machine as quick as the one that the limit is
 * for: told for the quietest of some attempts, since what else runs makes some of them slower, and none quicker.
 *
 * @returns what there is to note
 */
export async function noTaskOver(browser, page, ms, work) {
  const limit = ms * BUSY * (await slowness(page));
  let best = [Number.POSITIVE_INFINITY];
  for (let i = 0; i < ATTEMPTS && Math.max(...best) > limit; i++) {
    const times = await tasksOver(browser, page, ms, work);
    if (Math.max(0, ...times) < Math.max(...best)) best = [0, ...times];
  }
  if (Math.max(...best) > limit)
    throw new Error(`tasks of ${best.slice(1)} ms in each of ${ATTEMPTS} attempts`);
  return `tasks over ${ms} ms: ${best.slice(1).join(', ') || 'none'}`;
}

/** Whether it is below a limit in one of some attempts, on a machine as quick as the one that the limit is for: the times. */
export async function below(page, limit, attempt) {
  const scaled = limit * (await slowness(page));
  const times = [];
  while (times.length < ATTEMPTS && !times.some((time) => time < scaled))
    times.push(Math.round(await attempt()));
  if (Math.min(...times) >= scaled) throw new Error(`${times.join(', ')} ms in ${ATTEMPTS} attempts`);
  return times;
}

/** What `spin` takes on a core of 3 GHz, in ms. */
const SPIN_MS = 30;

/** How many times slower this machine runs a page than the one that limits are for: at least 1. */
async function slowness(page) {
  const spin = () => {
    let [best, x] = [Number.POSITIVE_INFINITY, 1];
    for (let run = 0; run < 5; run++) {
      const start = performance.now();
      for (let i = 0; i < 1e7; i++) x = (Math.imul(x, 1664525) + i) | 0;
      best = Math.min(best, performance.now() - start);
    }
    // the result is used, so that the loop stays
    return x === 0.5 ? 0 : best;
  };
  return Math.max(1, (await page.evaluate(spin)) / SPIN_MS);
}

/** The number that a panel shows under a name. */
export async function number(name, panel) {
  const text = await panel.locator('dl.numbers > div', { hasText: name }).locator('dd').textContent();
  return Number(/[\d.,]+/.exec(text)?.[0].replaceAll(',', ''));
}

/** The tabs of the page, once they are there: it may still be loading, or be loading itself anew. */
export async function tabsOf(page) {
  const tabs = page.getByRole('tab');
  await tabs.first().waitFor();
  return tabs.all();
}

/** Waits until the page's service worker answers its requests. */
export const controlled = (page) =>
  until(page, () => page.evaluate(() => navigator.serviceWorker.controller !== null));

/** What `read` gives once it has been the same for `ms`. */
export async function settled(page, read, ms = 1500) {
  let value;
  let since = 0;
  await until(page, async () => {
    const now = await read();
    if (now !== value) since = Date.now();
    value = now;
    return Date.now() - since > ms;
  });
  return value;
}

/** Waits until something holds. */
export async function until(page, holds, seconds = PATIENCE_S) {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${holds}`);
    await page.waitForTimeout(50);
  }
}
