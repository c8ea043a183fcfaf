// The built page keeps its policy: no code but its files, no styles in the markup, nothing from elsewhere.
import assert from 'node:assert/strict';
import { visit } from './browser.mjs';
import { builds, host } from './host.mjs';

export const name = 'content security policy';

export async function run({ browser, page, said, note }) {
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*|https?:/);
  assert.match(policy, /default-src 'none'/);
  await useAll(page);
  assert.deepEqual([await page.evaluate(() => violations), said], [[], []]);
  // and the browser enforces it
  const run = () => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.ran = true';
    document.head.append(script);
    return globalThis.ran ?? false;
  };
  assert.equal(await page.evaluate(run), false);
  assert.match((await page.evaluate(() => violations)).join(), /script-src/);

  // as a header it holds for the workers, too; the peers of the benchmark then can't run, since TF.js makes code of texts
  const { after, remove } = builds();
  const server = await host({ 'content-security-policy': `${policy}; frame-ancestors 'none'` });
  server.put('page', after);
  const visitor = await visit(browser, server.url('page'));
  await useAll(visitor.page);
  assert.deepEqual([await visitor.page.evaluate(() => violations), visitor.said], [[], []]);
  note(policy);
  await visitor.context.close();
  await server.close();
  remove();
}

/** Every tab at work. */
async function useAll(page) {
  for (const tab of ['Text', 'Time series', 'Melody']) {
    await page.getByRole('tab', { name: tab }).click();
    const panel = page.getByRole('tabpanel', { name: tab });
    await panel.getByLabel('Updates').fill('60');
    await panel.getByRole('button', { name: 'Train' }).click();
    await panel.getByRole('status').getByText('Done').waitFor();
  }
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.getByRole('tab', { name: 'Audio' }).click();
  await page.getByRole('tabpanel', { name: 'Audio' }).getByRole('button', { name: 'Play' }).click();
  await page.getByRole('status').getByText('Playing').waitFor();
  await page.getByRole('tab', { name: 'Benchmark' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Benchmark' });
  await panel.getByRole('button', { name: 'Measure', exact: true }).click();
  await panel.getByText('GFLOP/s').first().waitFor();
  // it may end before it is stopped
  await panel.getByRole('button', { name: 'Stop' }).evaluate((button) => button.click());
  await panel
    .getByRole('status')
    .getByText(/^(Stopped|Measured)/)
    .waitFor();
}
