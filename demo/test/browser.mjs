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
  // the first tab begins by itself: the others are visited without it
  await page.goto(address.includes('#') ? address : `${address}#text`);
  return { context, page, said, elsewhere };
}

/**
 * Tasks of the page's main thread that take longer than `ms` of its time, while `work` is done: their times in ms. Other
 * than the wall clock, this does not count what other processes do; a cache that they share still makes a task slower.
 */
export async function tasksOver(browser, page, ms, work) {
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

/** Times of tasks that are too long by more than what a busy machine adds. */
export const tooLong = (times, ms) => times.filter((time) => time > 2 * ms);

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
