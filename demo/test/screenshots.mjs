// Every tab before, during and after its work, at three sizes, light and dark. Nothing jumps meanwhile, and nothing is wider
// than the screen, down to 320 px. What takes longer to end has its picture by its own test.
import assert from 'node:assert/strict';
import { tabsOf, visit } from './browser.mjs';
import { SIZES, shoot } from './shoot.mjs';

export const name = 'every tab at three sizes: screenshots, no layout shift';

const NARROWEST = 320;
/** For a tab to fill, to do some work, and to end it, in ms. */
const [OPENS, WORKS, ENDS] = [800, 2500, 400];
/** A tenth is what pages may have; a line that moves the rest of a page of 900 px has 0.02. */
const SHIFT = 0.005;

export async function run({ browser, url, note }) {
  let count = 0;
  const shifts = [];
  for (const [size, options] of Object.entries(SIZES)) {
    const { context, page, said } = await visit(browser, 'about:blank', options);
    await page.addInitScript(observe);
    await page.goto(`${url}#watch`);
    const take = async (tab, state) => {
      const shifted = await page.evaluate(() => shifts.take());
      if (shifted.value > SHIFT)
        shifts.push(`${size}, ${tab}, ${state}: ${shifted.value.toFixed(3)}, ${shifted.moved.join(' ')}`);
      count += await shoot(page, size, tab, state);
      await fits(page, `${size}, ${tab}, ${state}`);
      if (size === 'phone') {
        await page.setViewportSize({ ...options.viewport, width: NARROWEST });
        await fits(page, `${NARROWEST} px, ${tab}, ${state}`);
        await page.setViewportSize(options.viewport);
      }
      // of the pictures, which are told a frame later
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
      );
      await page.evaluate(() => shifts.take());
    };
    for (const tab of await tabsOf(page)) {
      const label = (await tab.getAttribute('id')).replace('tab-', '');
      if (label !== 'watch') await tab.click();
      const panel = page.locator('[role=tabpanel]:not([hidden])');
      await panel.locator('h2').first().waitFor();
      await page.waitForTimeout(OPENS);
      await take(label, 'before');
      const main = panel.locator('button.main');
      if (!(await main.count())) continue;
      // the first one begins by itself
      const isFirst = (await main.first().textContent()) === 'Pause';
      if (!isFirst) await main.first().click();
      await page.waitForTimeout(WORKS);
      await take(label, 'during');
      const stop = panel.getByRole('button', { name: isFirst ? 'Pause' : 'Stop', exact: true });
      // it may have ended by itself
      if ((await stop.count()) && (await stop.isEnabled()))
        await stop.click({ timeout: 1000 }).catch(() => {});
      await page.waitForTimeout(ENDS);
      await take(label, 'after');
    }
    assert.deepEqual(said, []);
    await context.close();
  }
  note(`${count} in demo/screenshots`);
  assert.deepEqual(shifts, []);
}

async function fits(page, state) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${state}: ${wide} px are beyond the edge`);
}

/** In the page: `shifts.take()` gives layout shifts since it was called, whoever caused them, and what moved. */
function observe() {
  let value = 0;
  let moved = [];
  const told = (entries) => {
    for (const entry of entries) {
      value += entry.value;
      for (const { node, previousRect, currentRect } of entry.sources)
        moved.push(
          `${node?.className || node?.nodeName}:${Math.round(previousRect.y)}>${Math.round(currentRect.y)}`,
        );
    }
  };
  const observer = new PerformanceObserver((list) => told(list.getEntries()));
  observer.observe({ type: 'layout-shift', buffered: true });
  globalThis.shifts = {
    take: () => {
      told(observer.takeRecords());
      const taken = { value, moved };
      [value, moved] = [0, []];
      return taken;
    },
  };
}
