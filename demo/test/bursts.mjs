// Bursts of clicks: the last one counts, one loop watches, one worker lives.
import assert from 'node:assert/strict';
import { number, until } from './browser.mjs';

export const name = 'bursts of clicks';

/** Timers of a second that are pending: the loops that look at a model while it trains. */
function countTimers() {
  const pending = new Set();
  globalThis.watchers = () => pending.size;
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  globalThis.setTimeout = (call, ms, ...rest) => {
    const id = set(() => {
      pending.delete(id);
      call(...rest);
    }, ms);
    if (ms === 1000) pending.add(id);
    return id;
  };
  globalThis.clearTimeout = (id) => {
    pending.delete(id);
    clear(id);
  };
}

export async function run({ page, said, note }) {
  await page.addInitScript(countTimers);
  await page.reload();
  const panel = page.getByRole('tabpanel', { name: 'Text' });
  const phase = panel.locator('.phase');
  const main = panel.locator('button.main');
  const press = (times) =>
    main.evaluate((button, count) => {
      for (let i = 0; i < count; i++) button.click();
    }, times);
  await panel.getByRole('combobox', { name: 'Hidden units' }).selectOption('16');
  await panel.getByLabel('Updates').fill('100000');

  await press(5);
  await phase.getByText('Training').waitFor();
  for (let i = 0; i < 20; i++) {
    await press(3);
    await phase.getByText('Paused').waitFor();
    await press(2);
    await phase.getByText('Training').waitFor();
  }
  const at = await number('Update', panel);
  await until(page, async () => (await number('Update', panel)) > at + 5);
  const watchers = () => page.evaluate(() => globalThis.watchers());
  const oneIsLeft = async () => (await watchers()) <= 1 && page.workers().length === 1;
  await until(page, oneIsLeft);
  note(`loops after 20 pauses: ${await watchers()}; workers: ${page.workers().length}`);

  // stop and train, again and again, without waiting for either
  for (let i = 0; i < 6; i++) {
    await panel.evaluate((root) => {
      const [train, stop] = root.querySelectorAll('.side .buttons button');
      stop.click();
      train.click();
      train.click();
    });
    await page.waitForTimeout(60 * i);
  }
  // what the last of them asked for is done once it goes on by as many updates
  let from;
  await until(page, async () => {
    const said = await phase.textContent();
    if (/^(Stopped|Paused)/.test(said)) await press(1);
    if (!said.startsWith('Training')) from = undefined;
    else from ??= await number('Update', panel);
    return (await number('Update', panel)) > from + 200;
  });
  await until(page, oneIsLeft);
  await panel.getByRole('button', { name: 'Stop' }).click();
  await phase.getByText('Stopped').waitFor();
  assert.deepEqual(said, []);
}
