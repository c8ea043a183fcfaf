// Nothing jumps: no layout shift while the page loads, while it works, and when another tab is opened.
import assert from 'node:assert/strict';
import { tabsOf, visit } from './browser.mjs';

export const name = 'no layout shift: load, work, other tabs';

/** A tenth is what pages may have; a line that moves the rest of a page of 900 px has 0.02. */
const LEAST = 0.005;
const WORK_MS = 3000;

const VISITS = [
  { viewport: { width: 1280, height: 900 } },
  { viewport: { width: 390, height: 844 }, hasTouch: true },
];

export async function run({ browser, url, note }) {
  for (const options of VISITS) {
    const { context, page } = await visit(browser, 'about:blank', options);
    await page.addInitScript(observe);
    await page.goto(`${url}#watch`);
    const found = [];
    const check = async (state) => {
      const { value, moved } = await page.evaluate(() => shifts.take());
      if (value > LEAST) found.push(`${state}: ${value.toFixed(3)}, ${moved.join(' ')}`);
    };
    for (const tab of await tabsOf(page)) {
      const label = await tab.textContent();
      if (label !== 'Unrolled') await tab.click();
      const panel = page.locator('[role=tabpanel]:not([hidden])');
      await panel.locator('h2').first().waitFor();
      await page.waitForTimeout(1000);
      await check(`${label} opens`);
      const main = panel.locator('button.main');
      if (!(await main.count())) continue;
      if ((await main.first().textContent()) !== 'Pause') await main.first().click();
      await page.waitForTimeout(WORK_MS);
      await check(`${label} at work`);
      const stop = panel.getByRole('button', { name: 'Stop', exact: true });
      if ((await stop.count()) && (await stop.isEnabled()))
        await stop.click({ timeout: 1000 }).catch(() => {});
    }
    note(`${options.viewport.width} px: ${found.length ? found.join('; ') : 'none'}`);
    assert.deepEqual(found, []);
    await context.close();
  }
}

/** Shifts since they were asked for, whoever caused them, and what moved. */
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
