// After one visit the page needs no network, and is isolated on hosts that send no headers, too.
import assert from 'node:assert/strict';
import { controlled, tabsOf, visit } from './browser.mjs';
import { builds, host } from './host.mjs';

export const name = 'offline, and isolated from other origins';

export async function run({ browser, context, page, url, said, elsewhere }) {
  assert.equal(await isolated(page), true);
  await controlled(page);
  await context.setOffline(true);
  for (const name of ['index.html?once#text', '#text']) {
    await page.goto(url + name);
    await page.getByRole('tab', { name: 'Text' }).waitFor();
  }
  await page.reload();
  for (const tab of await tabsOf(page)) await tab.click();
  await page.getByRole('tab', { name: 'Text' }).click();
  await page.getByRole('combobox', { name: 'Hidden units' }).selectOption('16');
  await page.getByLabel('Updates').first().fill('60');
  await page.getByRole('button', { name: 'Train', exact: true }).first().click();
  await page.getByRole('tabpanel', { name: 'Text' }).getByRole('status').getByText('Done').waitFor();
  assert.deepEqual(said, []);
  assert.deepEqual(elsewhere, []);
  await withoutHeaders(browser);
}

const isolated = (page) => page.evaluate(() => crossOriginIsolated);

/** The service worker sends the headers from the second visit on. */
async function withoutHeaders(browser) {
  const { after, remove } = builds();
  const server = await host();
  server.put('page', after);
  const { context, page, said } = await visit(browser, server.url('page'));
  assert.equal(await isolated(page), false);
  await controlled(page);
  await page.reload();
  assert.equal(await isolated(page), true);
  await page.getByRole('tab', { name: 'Benchmark' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Benchmark' });
  await panel.getByRole('button', { name: 'ONNX Runtime' }).click();
  await panel.locator('li[data-label="ORT-web"]').getByText('GFLOP/s').first().waitFor();
  await panel.getByRole('button', { name: 'Measure', exact: true }).click();
  await panel.locator('li[data-label="TF.js"]').getByText('GFLOP/s').first().waitFor();
  assert.deepEqual(said, []);
  await context.close();
  await server.close();
  remove();
}
