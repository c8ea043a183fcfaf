// The melody tab: it learns the tunes, and what it writes is heard.
import assert from 'node:assert/strict';
import { number, until } from './browser.mjs';

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
  assert.ok(await panel.getByRole('button', { name: 'Write and play' }).isDisabled());
  // every pitch has its name, on each line of the roll, and a tune is there to be heard from the start
  const names = await panel.locator('.roll .name').allTextContents();
  for (const pitch of ['G3', 'C4', 'F♯4', 'G5'])
    assert.equal(names.filter((name) => name === pitch).length, 2);
  assert.ok((await panel.locator('.roll .tone').count()) > 20);
  await panel.getByRole('button', { name: 'Train' }).click();
  await panel.getByRole('status').getByText('Done').waitFor();
  assert.ok((await number('Loss', panel)) < 1, 'guessing costs 3.5 nats a note');

  const roll = panel.locator('.roll');
  const melody = async () => (await roll.getAttribute('aria-label')).replace('Melody: ', '').split(' ');
  const played = () => page.evaluate(() => globalThis.played);
  const write = panel.getByRole('button', { name: 'Write and play' });
  const silence = async () => {
    await panel.getByRole('button', { name: 'Silence' }).click();
    await panel.getByRole('button', { name: 'Play', exact: true }).waitFor();
    assert.equal(await panel.locator('.sounds').count(), 0);
  };

  // note by note: what is seen is what is heard, and each is heard when it is written
  await panel.getByLabel('Tempo').fill('240');
  await panel.getByLabel('Temperature').fill('0');
  await write.click();
  await panel.locator('.sounds').waitFor();
  const few = (await melody()).length;
  await until(page, async () => (await melody()).length > few + 3);
  await silence();
  const notes = await melody();
  const sounds = notes.filter((note) => note !== 'rest').length;
  const heard = await played();
  // one may be written that is silenced before it is heard
  assert.ok(Math.abs(heard.length - sounds) <= 1, `${heard.length} of ${sounds}`);
  assert.ok(heard.every((frequency) => frequency > 150 && frequency < 1000));

  // again, as it is; all of it is within the roll
  await panel.getByRole('button', { name: 'Play', exact: true }).click();
  await until(page, async () => (await played()).length >= heard.length + 3);
  assert.deepEqual((await played()).slice(heard.length, heard.length + 3), heard.slice(0, 3));
  await silence();
  assert.deepEqual(await melody(), notes);
  const [wide, high] = await roll.evaluate((it) => [
    it.scrollWidth - it.clientWidth,
    it.scrollHeight - it.clientHeight,
  ]);
  assert.ok(wide <= 0 && high <= 0, `${wide} and ${high} px are hidden`);
  assert.deepEqual(said, []);
}
