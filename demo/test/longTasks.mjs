// The main thread never blocks over 50 ms while a model trains.
import assert from 'node:assert/strict';
import { number } from './browser.mjs';
import { until } from './text.mjs';

export const name = 'no long task while it trains';

/** A machine that is busy with other things makes tasks long that are not: one quiet window of several is proof enough. */
const WINDOWS = 5;
const WINDOW_MS = 6000;

export async function run({ page, note }) {
  await page.getByLabel('Updates').first().fill('100000');
  await page.getByLabel('Layers').first().selectOption('2');
  await page.getByRole('button', { name: 'Train' }).first().click();
  const panel = page.getByRole('tabpanel', { name: 'Text' });
  await until(page, async () => (await number(page, 'Update', panel)) > 10);
  const seen = [];
  for (let i = 0; i < WINDOWS; i++) {
    await page.evaluate(() => {
      longTasks.length = 0;
    });
    const before = await number(page, 'Update', panel);
    await page.waitForTimeout(WINDOW_MS);
    const tasks = await page.evaluate(() => longTasks);
    assert.ok((await number(page, 'Update', panel)) > before, 'it trained meanwhile');
    seen.push(tasks.map(({ duration }) => duration));
    if (tasks.length === 0) break;
  }
  note(
    `long tasks (ms) in windows of ${WINDOW_MS / 1000} s: ${seen.map((all) => all.join(', ') || 'none').join('; ')}`,
  );
  assert.equal(seen.at(-1).length, 0, JSON.stringify(seen));
}
