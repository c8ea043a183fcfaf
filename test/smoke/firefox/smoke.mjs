// Firefox as Debian packages it, by WebDriver BiDi: the package's modules as they are.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serve } from '../lib/page.mjs';
import { PATIENCE_MS, Skip } from '../lib/shell.mjs';

export const packages = ['puppeteer-core'];

const executablePath = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find(
  (path) => path && existsSync(path),
);

export async function run({ project, same }) {
  if (!executablePath) throw new Skip('no Firefox (FIREFOX=PATH names one)');
  const require = createRequire(join(project, 'package.json'));
  const { default: puppeteer } = await import(pathToFileURL(require.resolve('puppeteer-core')).href);
  const folders = { '/': project, '/unrolled/': join(project, 'node_modules/unrolled/dist') };
  const { url, stop } = await serve(folders);
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath, timeout: PATIENCE_MS });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(() => globalThis.smoke, { timeout: PATIENCE_MS });
    const [all, core] = await page.evaluate(() => globalThis.smoke);
    same(await browser.version(), all);
    same('unrolled/core', core);
  } finally {
    await browser.close();
    stop();
  }
}
