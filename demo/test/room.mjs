// What changes while something runs moves nothing, at any width and whatever it says: every text that a tab was seen to
// change, and every one that has room of its own, gets the longest texts, and everything else stays where it is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { number, tabsOf, until, visit } from './browser.mjs';

export const name = 'room: whatever a text becomes, nothing moves';

const WIDTHS = [320, 360, 390, 600, 820, 1024, 1280];
const HEIGHT = 900;
/** Of what moves, that is told. */
const MOST = 60;

const train = async ({ page, panel }) => {
  await panel.getByRole('button', { name: 'Train' }).click();
  await until(page, async () => (await number('Update', panel)) > 20);
  await panel.getByRole('button', { name: 'Pause' }).click();
  await panel.getByRole('status').getByText('Paused').waitFor();
  await panel.getByRole('button', { name: 'Stop' }).click();
  await panel.getByRole('status').getByText('Stopped').waitFor();
};

/** By tab: what is done before it is watched, and what is done then, until all that it shows has changed. */
const TABS = {
  watch: {
    work: async ({ page, panel }) => {
      await until(page, async () => (await panel.locator('dd').allTextContents()).every((it) => it !== '–'));
      await panel.getByRole('textbox').fill('ding dong ');
      await panel.getByRole('button', { name: 'Learn it' }).click();
      await until(page, async () => (await panel.locator('.strip li').count()) > 1);
      await panel.getByRole('button', { name: 'Pause' }).click();
    },
  },
  text: {
    work: async (at) => {
      await train(at);
      await at.panel.locator('.verdicts li').first().waitFor();
    },
  },
  series: {
    work: async (at) => {
      await train(at);
      await at.panel.getByText('on average').waitFor();
      await at.panel.getByLabel('Series').selectOption('shares');
      await at.panel.locator('h2').filter({ hasText: 'S&P' }).waitFor();
    },
  },
  melody: {
    work: async (at) => {
      await train(at);
      await at.panel.getByRole('button', { name: 'Write and play' }).click();
      await at.panel.getByRole('button', { name: 'Silence' }).click();
    },
  },
  audio: {
    work: async ({ page, panel }) => {
      await until(page, async () => /µs/.test(await panel.locator('dl').textContent()));
      await panel.getByRole('button', { name: 'Play' }).click();
      await until(page, async () => /dB/.test(await panel.locator('.levels').textContent()));
      await panel.getByRole('button', { name: 'Stop', exact: true }).click();
    },
  },
  model: {
    open: async ({ panel }) => {
      const buffer = readFileSync(new URL('../src/watch/lstm.safetensors', import.meta.url));
      const file = { name: 'lstm.safetensors', mimeType: 'application/octet-stream', buffer };
      await panel.locator('.side input[type=file]').setInputFiles([file]);
      await panel.locator('h2').filter({ hasText: file.name }).waitFor();
    },
    work: async ({ panel }) => {
      const status = panel.getByRole('status');
      await panel.getByRole('button', { name: 'Run' }).click();
      await status.getByText('Ran').waitFor();
      await panel.getByRole('button', { name: /^Train/ }).click();
      await status.getByText('Trained').waitFor();
      await panel.getByRole('button', { name: 'Save as .onnx' }).click();
      await status.getByText('Saved').waitFor();
    },
  },
  tensorflow: {
    work: async ({ page, panel }) => {
      await panel.getByLabel('Units').selectOption('32');
      await panel.getByRole('button', { name: /^Train both/ }).click();
      const sums = panel.locator('.sums').first();
      await until(page, async () => !(await sums.textContent()).includes('…'));
      await until(page, async () => /^\d/.test(await panel.locator('.factor').textContent()));
      await panel.getByRole('button', { name: 'Stop', exact: true }).click();
    },
  },
  benchmark: {
    work: async ({ page, panel }) => {
      await panel.getByRole('button', { name: 'Measure', exact: true }).click();
      await until(page, async () => /^\d/.test(await panel.locator('.factor').textContent()));
      await panel.getByRole('button', { name: 'Stop' }).evaluate((button) => button.click());
      await panel
        .getByRole('status')
        .getByText(/^(Stopped|Measured)/)
        .waitFor();
    },
  },
};

export async function run({ browser, url, note }) {
  const { context, page } = await visit(browser, url, { viewport: { width: 1280, height: HEIGHT } });
  const ids = await Promise.all((await tabsOf(page)).map((tab) => tab.getAttribute('aria-controls')));
  assert.deepEqual(
    ids,
    Object.keys(TABS).map((id) => `panel-${id}`),
  );
  const found = [];
  let count = 0;
  for (const [id, { open, work }] of Object.entries(TABS)) {
    await page.locator(`#tab-${id}`).click();
    const panel = page.locator(`#panel-${id}`);
    await panel.locator('h2').first().waitFor();
    await open?.({ page, panel });
    await page.evaluate(watchChanges, `#panel-${id}`);
    await work({ page, panel });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      const moved = await page.evaluate(tryTexts, `#panel-${id}`);
      count += moved.tried;
      found.push(...moved.found.map((words) => `${id}, ${width} px: ${words}`));
    }
    await page.setViewportSize({ width: 1280, height: HEIGHT });
  }
  note(`${count} texts in ${WIDTHS.length} widths`);
  assert.ok(!found.length, `${found.length} of them:\n${found.slice(0, MOST).join('\n')}`);
  await context.close();
}

/** In the page: keeps the elements whose texts change from now on in `globalThis.changed`. */
function watchChanges(selector) {
  globalThis.changed = new Set();
  globalThis.watcher?.disconnect();
  globalThis.watcher = new MutationObserver((records) => {
    const isText = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim();
    const holds = (element) => [...element.childNodes].some(isText);
    for (const { type, target, addedNodes } of records) {
      if (type === 'characterData') changed.add(target.parentElement);
      else if ([...addedNodes].some(isText)) changed.add(target);
      for (const node of addedNodes)
        if (node instanceof HTMLElement)
          for (const element of [node, ...node.querySelectorAll('*')])
            if (holds(element)) changed.add(element);
    }
  });
  const panel = document.querySelector(selector);
  watcher.observe(panel, { childList: true, characterData: true, subtree: true });
}

/** In the page: puts texts into each element that changes, and tells what moves, and which room is too small for its own. */
function tryTexts(selector) {
  // charts draw in a box of a fixed size
  const isDrawn = (element) => element.closest('svg, canvas, .uplot, option');
  const panel = document.querySelector(selector);
  // what is written scrolls in a box of a fixed size, too
  const whole = [...changed].map((element) => element.closest('.written') ?? element);
  const rooms = panel.querySelectorAll('.room > .text');
  const texts = [...new Set([...whole, ...rooms])].filter(
    (element) => panel.contains(element) && !isDrawn(element),
  );
  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true });
  const all = [...document.querySelectorAll('body *')].filter(
    (element) => !isDrawn(element) && isSeen(element),
  );
  const nameOf = (element) =>
    `${element.localName}${element.className && `.${element.className}`} “${element.textContent.slice(0, 30)}”`;
  const place = (element, isAround) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return (isAround ? [x, y] : [x, y, width, height]).map((value) => Math.round(4 * value)).join();
  };
  const found = [];
  let tried = 0;
  for (const element of texts.filter(isSeen)) {
    const owner = element.closest('.room') ?? element;
    const others = all.filter((other) => !owner.contains(other));
    // what is around it may end lower, at its own end
    const places = () => others.map((other) => place(other, other.contains(owner)));
    const before = places();
    const nodes = [...element.childNodes];
    const twins = [
      ...new Set([...owner.querySelectorAll(':scope > .twin')].map((twin) => twin.dataset.text)),
    ];
    for (const text of ['', ...twins, 'm'.repeat(400), 'a few words '.repeat(60)]) {
      tried++;
      element.replaceChildren(text);
      const what = `${nameOf(owner).split(' “')[0]} as “${text.slice(0, 40)}”`;
      for (const [i, where] of places().entries())
        if (where !== before[i]) {
          found.push(`${what}: ${nameOf(others[i])} from ${before[i]} to ${where}`);
          break;
        }
      if (document.documentElement.scrollWidth > innerWidth) found.push(`${what}: wider than the screen`);
      const [high, wide] = [
        element.scrollHeight - element.clientHeight,
        element.scrollWidth - element.clientWidth,
      ];
      if (twins.includes(text) && (high > 1 || wide > 1))
        found.push(`${what}: ${wide} × ${high} px too large`);
    }
    element.replaceChildren(...nodes);
  }
  return { tried, found };
}
