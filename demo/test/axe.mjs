// axe finds nothing wrong: every tab as it opens and at work, light and dark, wide and narrow.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tabsOf, visit } from './browser.mjs';

export const name = 'accessibility: axe';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const VISITS = [
  { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true },
];

export async function run({ browser, url, note }) {
  const rules = new Set();
  for (const options of VISITS) {
    const { context, page } = await visit(browser, url, options);
    await page.evaluate(source);
    for (const tab of await tabsOf(page)) {
      const label = await tab.textContent();
      await tab.click();
      const panel = page.locator('[role=tabpanel]:not([hidden])');
      await panel.locator('h2').first().waitFor();
      await check(page, `${label}, as it opens`, rules);
      const main = panel.locator('button.main');
      // what is at work is the same on a phone
      if (options.hasTouch || !(await main.count()) || (await main.first().textContent()) === 'Pause')
        continue;
      await main.first().click();
      await page.waitForTimeout(1500);
      await check(page, `${label}, at work`, rules);
      const stop = panel.getByRole('button', { name: 'Stop', exact: true });
      if ((await stop.count()) && (await stop.isEnabled()))
        await stop.click({ timeout: 1000 }).catch(() => {});
    }
    await context.close();
  }
  note(`${rules.size} rules hold`);
}

async function check(page, state, rules) {
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
  for (const { id } of passes) rules.add(id);
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  );
  assert.deepEqual(found, [], state);
}
