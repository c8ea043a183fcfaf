// Without a mouse: tabs by arrow keys, training by the space bar.
import assert from 'node:assert/strict';
import { tabsOf } from './browser.mjs';

export const name = 'keyboard';

export async function run({ page, said }) {
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  const tabs = await Promise.all((await tabsOf(page)).map((tab) => tab.textContent()));
  await page.getByRole('button', { name: 'Train' }).first().waitFor();
  for (const link of await page.getByRole('link').allTextContents()) {
    await page.keyboard.press('Tab');
    assert.equal(await focused(), link);
  }
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Text');
  for (const [key, to] of [
    ['End', tabs.at(-1)],
    ['ArrowRight', tabs[0]],
    ['ArrowLeft', tabs.at(-1)],
    ['Home', tabs[0]],
    ['ArrowRight', 'Text'],
  ]) {
    await page.keyboard.press(key);
    assert.equal(await focused(), to);
    assert.equal(await page.getByRole('tab', { selected: true }).textContent(), to);
  }
  const names = [];
  for (let i = 0; i < 12 && names.at(-1) !== 'Train'; i++) {
    await page.keyboard.press('Tab');
    names.push(await focused());
  }
  assert.equal(names.at(-1), 'Train', `the tab key came by ${names.length} places`);
  await page.keyboard.press('Space');
  await page.getByRole('status').getByText('Training').waitFor();
  await page.keyboard.press('Space');
  await page.getByRole('status').getByText('Paused').waitFor();
  // every control has a name
  for (const control of await page.locator('button, input, select, textarea').all()) {
    const named = await control.evaluate((it) => Boolean(it.labels?.length || it.textContent.trim()));
    assert.ok(named, await control.evaluate((it) => it.outerHTML));
  }
  assert.deepEqual(said, []);
}
