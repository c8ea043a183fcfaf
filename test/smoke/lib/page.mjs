// Pages in a real browser: files served from a folder, opened in headless Chromium.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright';
import { PATIENCE_MS, Skip } from './shell.mjs';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
};

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);

/** Serves folders by prefix of the path, `{ '/': folder }`; gives the address and how to stop. */
export async function serve(folders, headers = {}) {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    // where a file has moved from
    if (path.startsWith('/moved/')) {
      response.writeHead(302, { location: path.slice('/moved'.length) }).end();
      return;
    }
    const prefix = prefixes.find((start) => path.startsWith(start));
    const name = path === '/' ? 'index.html' : path.slice(prefix.length);
    const file = join(folders[prefix], name);
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
      return;
    }
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, ...headers }).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}

/**
 * Opens a page and gives what `globalThis.smoke`, a promise that its script sets, resolves to. Whatever the page
 * complains of on its console is an error, but what `allowed` matches.
 */
export async function open(url, { allowed = /^$/ } = {}) {
  if (!executablePath) throw new Skip('no Chromium (CHROMIUM=PATH names one)');
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
    timeout: PATIENCE_MS,
  });
  try {
    const page = await browser.newPage();
    const complaints = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url, { timeout: PATIENCE_MS });
    const result = await resultOf(page, complaints);
    const unexpected = complaints.filter((text) => !allowed.test(text));
    if (unexpected.length) throw new Error(`the page complains: ${unexpected.join('; ')}`);
    return result;
  } finally {
    await browser.close();
  }
}

/** What `globalThis.smoke` resolves to. A development server may load the page anew while it runs. */
async function resultOf(page, complaints) {
  const missing = () => new Error(`the page set no globalThis.smoke: ${complaints.join('; ')}`);
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    try {
      const timeout = end - Date.now();
      const waiting = page.waitForFunction(() => globalThis.smoke, undefined, { timeout });
      await waiting.catch((error) => {
        throw error.name === 'TimeoutError' ? missing() : error;
      });
      return await page.evaluate(settledWithin, timeout);
    } catch (error) {
      if (!/context was destroyed|navigation/.test(error.message)) throw error;
    }
  }
  throw missing();
}

/** In the page: what `smoke` resolves to, if it does within so many ms. */
function settledWithin(ms) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`globalThis.smoke is not settled within ${ms} ms`)), ms);
  });
  return Promise.race([globalThis.smoke, late]);
}

/** As open, of a project's folder whose `use.js` is bundled to one classic script, `bundled.js`. */
export async function openBundled(project) {
  const how = { bundle: true, format: 'iife', logLevel: 'error' };
  await build({ ...how, absWorkingDir: project, entryPoints: ['use.js'], outfile: 'bundled.js' });
  const { url, stop } = await serve({
    '/': project,
    '/unrolled/': join(project, 'node_modules/unrolled/dist'),
  });
  try {
    return await open(url);
  } finally {
    stop();
  }
}

/** As open, of a folder's index.html. */
export async function openFolder(folder, headers, options) {
  const { url, stop } = await serve({ '/': folder }, headers);
  try {
    return await open(url, options);
  } finally {
    stop();
  }
}
