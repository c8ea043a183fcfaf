// Every tab before, during and after its work, at three sizes, light and dark: demo/screenshots/SIZE-TAB-STATE-SCHEME.png, to be
// looked at. Nothing is wider than the screen, down to 320 px.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { tabsOf, visit } from './browser.mjs';

export const name = 'screenshots';

const SIZES = {
  desktop: { viewport: { width: 1280, height: 900 } },
  tablet: { viewport: { width: 820, height: 1180 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true },
};
const SCHEMES = ['light', 'dark'];
const NARROWEST = 320;
/** For a tab to fill, to do some work, and to end it, in ms. */
const [OPENS, WORKS, ENDS] = [800, 2500, 400];

export async function run({ browser, url, note }) {
  let count = 0;
  for (const [size, options] of Object.entries(SIZES)) {
    const { context, page, said } = await visit(browser, url, options);
    const shoot = async (tab, state) => {
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        const path = join(import.meta.dirname, `../screenshots/${size}-${tab}-${state}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true });
        count++;
      }
      await fits(page, `${size}, ${tab}, ${state}`);
      if (size !== 'phone') return;
      await page.setViewportSize({ ...options.viewport, width: NARROWEST });
      await fits(page, `${NARROWEST} px, ${tab}, ${state}`);
      await page.setViewportSize(options.viewport);
    };
    for (const tab of await tabsOf(page)) {
      await tab.click();
      const label = (await tab.getAttribute('id')).replace('tab-', '');
      const panel = page.locator('[role=tabpanel]:not([hidden])');
      await panel.locator('h2').first().waitFor();
      await page.waitForTimeout(OPENS);
      await shoot(label, 'before');
      const main = panel.locator('button.main');
      if (!(await main.count())) continue;
      // the first one begins by itself
      const isFirst = (await main.first().textContent()) === 'Pause';
      if (!isFirst) await main.first().click();
      await page.waitForTimeout(WORKS);
      await shoot(label, 'during');
      const stop = panel.getByRole('button', { name: isFirst ? 'Pause' : 'Stop', exact: true });
      // it may have ended by itself
      if ((await stop.count()) && (await stop.isEnabled()))
        await stop.click({ timeout: 1000 }).catch(() => {});
      await page.waitForTimeout(ENDS);
      await shoot(label, 'after');
    }
    assert.deepEqual(said, []);
    await context.close();
  }
  note(`${count} in demo/screenshots`);
}

async function fits(page, state) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${state}: ${wide} px are beyond the edge`);
}
