// The first tab: it begins by itself, moves within a second, goes on learning, and shows how far back each letter reaches.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { below, noTaskOver, settled, until, visit } from './browser.mjs';

export const name = 'unrolled in time: begins by itself, learns, looks back';

const LONG_MS = 50;
/** Of what the page needs before it shows something. */
const FIRST_KB = 60;

export async function run({ browser, url, note }) {
  const { context, page, said, elsewhere } = await visit(browser, `${url}#watch`);
  const panel = page.getByRole('tabpanel', { name: 'Unrolled' });
  const canvas = panel.locator('canvas.scene');
  const drawn = () => canvas.evaluate((element) => element.toDataURL());
  const update = async () => {
    const text = await panel.locator('dl.numbers dd').first().textContent();
    return Number(text.replaceAll(',', '')) || 0;
  };
  await canvas.waitFor();
  const first = await drawn();
  await until(page, async () => (await drawn()) !== first);
  await until(page, async () => (await update()) > 1000);
  const began = await update();
  await until(page, async () => (await update()) > began);

  // an LSTM's gradient reaches further back than an RNN's, from the guess of the letter that closes a line
  const reached = panel.locator('.reached');
  let words;
  // of some lines, an RNN remembers the letter, too
  await until(page, async () => {
    words = await reached.textContent();
    // nothing is said before the first look
    const found = /back (\d+) letters in the RNN.* (\d+) letters in the LSTM/.exec(words);
    return found !== null && Number(found[2]) > Number(found[1]);
  });
  note(words);

  // pointing at a letter looks back from it, and so does the slider
  const { x, y, width, height } = await canvas.boundingBox();
  await page.mouse.move(x + width / 3, y + height / 2);
  await until(page, async () => (await reached.textContent()) !== words);
  await page.mouse.move(0, 0);
  await panel.getByLabel('Look back from letter').fill('4');
  await until(page, async () => /^After “.{5}”/.test(await reached.textContent()));

  note(await noTaskOver(browser, page, LONG_MS, () => page.waitForTimeout(5000)));

  // a text of one's own
  const samples = panel.locator('.strip li');
  assert.deepEqual(
    (await samples.locator('strong').allTextContents()).slice(0, 3),
    [100, 300, 1000].map((step) => `Update ${step.toLocaleString('en')}`),
  );
  await panel.getByRole('textbox').fill('ding dong ding dong ');
  await panel.getByRole('button', { name: 'Learn it' }).click();
  await until(page, async () => /d.?o.?n.?g/.test((await samples.allTextContents()).join()));
  await panel.getByRole('button', { name: 'Pause' }).click();
  await panel.getByText('Paused').waitFor();
  await settled(page, drawn);
  assert.deepEqual([said, elsewhere], [[], []]);
  await moves(browser, page, url, note);
  await context.close();
  await firstPaint(browser, url, note);
}

const MOVES_MS = 1000;

/** Within a second of the load of the page, two frames of its networks differ. */
async function moves(browser, page, url, note) {
  const times = await below(page, MOVES_MS, async () => {
    const visitor = await visit(browser, 'about:blank', { serviceWorkers: 'block' });
    await visitor.page.addInitScript(() => {
      let first;
      const look = (now) => {
        const drawn = document.querySelector('canvas.scene')?.toDataURL();
        if (drawn && drawn.length > 2000) {
          first ??= drawn;
          const { loadEventEnd } = performance.getEntriesByType('navigation')[0];
          if (drawn !== first) globalThis.moved = now - loadEventEnd;
        }
        if (globalThis.moved === undefined) requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    await visitor.page.goto(`${url}#watch`);
    await until(visitor.page, () => visitor.page.evaluate(() => globalThis.moved !== undefined));
    const moved = await visitor.page.evaluate(() => globalThis.moved);
    await visitor.context.close();
    return moved;
  });
  note(`moves ${times.join(', ')} ms after the page is loaded`);
}

/** What is loaded before the page shows something, and when. */
async function firstPaint(browser, url, note) {
  const { context, page } = await visit(browser, `${url}#watch`, { serviceWorkers: 'block' });
  await page.locator('canvas.scene').waitFor();
  const [paint] = await page.evaluate(() =>
    performance.getEntriesByName('first-contentful-paint').map(({ startTime }) => startTime),
  );
  const names = await page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name, initiatorType }) => [name, initiatorType]),
  );
  const files = [url, ...names.filter(([file]) => /\.(js|css)$/.test(file)).map(([file]) => file)];
  let bytes = 0;
  for (const file of files.filter((one) => !/Worker/.test(one))) {
    const response = await page.request.get(file);
    bytes += gzipSync(await response.body()).length;
  }
  note(
    `first paint after ${Math.round(paint)} ms; page and program of the first tab: ${(bytes / 1000).toFixed(1)} kB`,
  );
  assert.ok(bytes < 1000 * FIRST_KB);
  await context.close();
}
