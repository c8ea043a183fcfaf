// Every tab while it works, at four sizes, light and dark.
import assert from 'node:assert/strict';
import { tabsOf, visit } from './browser.mjs';

export const name = 'screenshots';

const SIZES = {
  desktop: { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  tablet: { viewport: { width: 820, height: 1180 }, colorScheme: 'dark' },
  small: { viewport: { width: 320, height: 640 }, colorScheme: 'dark', hasTouch: true },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', hasTouch: true },
};

export async function run({ browser, url }) {
  for (const [size, options] of Object.entries(SIZES)) {
    const { context, page, said } = await visit(browser, url, options);
    for (const tab of await tabsOf(page)) {
      await tab.click();
      const panel = page.locator('[role=tabpanel]:not([hidden])');
      await panel.locator('h2').first().waitFor();
      const main = panel.locator('button.main');
      // the first one begins by itself
      if ((await main.count()) && (await main.first().textContent()) !== 'Pause') await main.first().click();
      await page.waitForTimeout(5000);
      await page.screenshot({
        path: `${import.meta.dirname}/../screenshots/${size}-${await tab.getAttribute('id')}.png`,
        fullPage: true,
      });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${size}: ${wide} px are beyond the edge`);
      const stop = panel.getByRole('button', { name: 'Stop', exact: true });
      // it may have ended by itself
      if ((await stop.count()) && (await stop.isEnabled()))
        await stop.click({ timeout: 1000 }).catch(() => {});
    }
    assert.deepEqual(said, []);
    await context.close();
  }
}
