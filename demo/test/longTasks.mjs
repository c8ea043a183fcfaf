// The main thread never blocks over 50 ms while a model trains.
import assert from 'node:assert/strict';
import { number, until } from './browser.mjs';

export const name = 'no long task while it trains';

/** A machine that is busy with other things makes tasks long that are not: one quiet window of several is proof enough. */
const WINDOWS = 5;
/** Longer than the time from one checkpoint to the next. */
const WINDOW_MS = 12_000;

export async function run({ page, note }) {
  for (const tab of ['Text', 'Time series', 'Melody']) {
    await page.getByRole('tab', { name: tab }).click();
    const panel = page.getByRole('tabpanel', { name: tab });
    await panel.getByLabel('Updates').fill('100000');
    if (tab === 'Text') {
      await panel.getByLabel('Layers').selectOption('2');
      await panel.getByRole('combobox', { name: 'Hidden units' }).selectOption('256');
    }
    await panel.getByRole('button', { name: 'Train' }).click();
    await until(page, async () => (await number('Update', panel)) > 10);
    const seen = await watch(page, panel);
    note(`${tab}: long tasks (ms) in windows of ${WINDOW_MS / 1000} s: ${seen.join('; ')}`);
    assert.equal(seen.at(-1), 'none', tab);
    await panel.getByRole('button', { name: 'Stop' }).click();
  }
}

/** Long tasks by window, up to one that has none. */
async function watch(page, panel) {
  const seen = [];
  while (seen.length < WINDOWS && seen.at(-1) !== 'none') {
    await page.evaluate(() => {
      longTasks.length = 0;
    });
    const before = await number('Update', panel);
    await page.waitForTimeout(WINDOW_MS);
    const tasks = await page.evaluate(() => longTasks);
    assert.ok((await number('Update', panel)) > before, 'it trained meanwhile');
    seen.push(tasks.map(({ duration }) => duration).join(', ') || 'none');
  }
  return seen;
}
