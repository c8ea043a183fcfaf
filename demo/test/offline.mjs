// After one visit the page needs no network.
import assert from 'node:assert/strict';
import { controlled, tabsOf } from './browser.mjs';

export const name = 'offline';

export async function run({ context, page, said, elsewhere }) {
  await controlled(page);
  await context.setOffline(true);
  await page.reload();
  for (const tab of await tabsOf(page)) await tab.click();
  await page.getByRole('tab', { name: 'Text' }).click();
  await page.getByRole('combobox', { name: 'Hidden units' }).selectOption('16');
  await page.getByLabel('Updates').first().fill('60');
  await page.getByRole('button', { name: 'Train', exact: true }).first().click();
  await page.getByRole('tabpanel', { name: 'Text' }).getByRole('status').getByText('Done').waitFor();
  assert.deepEqual(said, []);
  assert.deepEqual(elsewhere, []);
}
