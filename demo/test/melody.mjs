// The melody tab: it learns the tunes, and what it writes is heard.
import assert from 'node:assert/strict';
import { number, settled, until } from './browser.mjs';

export const name = 'melody: train, write, play';

export async function run({ page, said }) {
  // every note that is to sound, with the frequency it has
  await page.addInitScript(() => {
    globalThis.played = [];
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (when) {
      played.push(this.frequency.value);
      return start.call(this, when);
    };
  });
  await page.reload();
  await page.getByRole('tab', { name: 'Melody' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Melody' });
  assert.ok(await panel.getByRole('button', { name: 'Play' }).isDisabled());
  await panel.getByRole('button', { name: 'Train' }).click();
  await panel.getByRole('status').getByText('Done').waitFor();
  assert.ok((await number('Loss', panel)) < 1, 'guessing costs 3.5 nats a note');

  // the likeliest notes are a tune
  await panel.getByLabel('Temperature').fill('0');
  const melody = () => panel.getByRole('img', { name: /^Melody/ }).getAttribute('aria-label');
  await settled(page, melody);
  await panel.getByRole('button', { name: 'Write another' }).click();
  const sure = (await settled(page, melody)).replace('Melody: ', '').split(' ');
  assert.ok(sure.length > 8, sure.join(' '));
  await panel.getByLabel('Temperature').fill('1.2');
  const before = await melody();
  await panel.getByRole('button', { name: 'Write another' }).click();
  await until(page, async () => (await melody()) !== before);

  const notes = (await melody()).replace('Melody: ', '').split(' ');
  await panel.getByLabel('Tempo').fill('240');
  await panel.getByRole('button', { name: 'Play' }).click();
  await panel.locator('.sounds').waitFor();
  const played = await page.evaluate(() => globalThis.played);
  assert.equal(played.length, notes.filter((note) => note !== 'rest').length);
  assert.ok(played.every((frequency) => frequency > 150 && frequency < 1000));
  await panel.getByRole('button', { name: 'Silence' }).click();
  await panel.getByRole('button', { name: 'Play' }).waitFor();
  assert.equal(await panel.locator('.sounds').count(), 0);
  assert.deepEqual(said, []);
}
