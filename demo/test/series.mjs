// The time-series tab: every series, a forecast with its band, another origin, a reload.
import assert from 'node:assert/strict';
import { number, until } from './browser.mjs';

export const name = 'time series: train, forecast, move the origin, reload';

export async function run({ page, said }) {
  await page.getByRole('tab', { name: 'Time series' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Time series' });
  const phase = panel.getByRole('status');
  const verdict = panel.locator('.note');
  await panel.getByLabel('Updates').fill('400');
  for (const series of ['seattle', 'shares', 'co2']) {
    await panel.getByLabel('Series').selectOption(series);
    await verdict.getByText('this is what was observed').waitFor();
    await panel.getByRole('button', { name: /Train/ }).click();
    await phase.getByText('Done').waitFor();
    await verdict.getByText(/off by [\d.]+ \S+ on average/).waitFor();
  }
  assert.ok((await number('Loss', panel)) < 0.3, 'a model that knows nothing has a loss of 1');
  const [, off, naive, held] = /by ([\d.]+) ppm.*\(([\d.]+) ppm.*holds (\d+) %/.exec(
    await verdict.textContent(),
  );
  assert.ok(Number(off) < Number(naive), `off by ${off}, and by ${naive} if nothing changed`);
  assert.ok(Number(held) > 20, `the band holds ${held} %`);

  const drawn = () =>
    panel
      .locator('canvas')
      .first()
      .evaluate((canvas) => canvas.toDataURL());
  const before = await drawn();
  const day = await panel.getByText('Forecast from').textContent();
  await panel.getByLabel('Forecast from').fill('0');
  await until(page, async () => (await drawn()) !== before);
  assert.notEqual(await panel.getByText('Forecast from').textContent(), day);

  await page.reload();
  await phase.getByText('Done').waitFor();
  await verdict.getByText('on average').waitFor();
  assert.deepEqual(said, []);
}
