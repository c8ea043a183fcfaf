// The audio tab: the sample through the network in an AudioWorklet, before and after; a microphone, and one that is refused.
import assert from 'node:assert/strict';
import { until, visit } from './browser.mjs';

export const name = 'audio: play, before and after, drive, microphone';

export async function run({ browser, url, page, said, elsewhere, note }) {
  await page.addInitScript(countStreams);
  await page.reload();
  await page.context().grantPermissions(['microphone']);
  await page.getByRole('tab', { name: 'Audio' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Audio' });
  const status = panel.getByRole('status');
  const drawn = () => panel.locator('canvas').evaluate((canvas) => canvas.toDataURL());
  const level = async (of) =>
    Number(await panel.getByRole('meter', { name: of }).getAttribute('aria-valuenow'));
  const numbers = () => panel.locator('dl.numbers').textContent();
  // what it makes of the sample is seen before it is heard, and so is the time that takes
  await until(page, async () => /[\d.]+ µs.*[\d.]+ %/.test(await numbers()));
  note(await numbers());
  const quiet = await drawn();

  await panel.getByRole('button', { name: 'Play' }).click();
  await status.getByText('Playing').waitFor();
  await until(page, async () => (await level('before')) > -50 && (await level('after')) > -50);
  await until(page, async () => (await drawn()) !== quiet);
  const soft = await drawn();
  await panel.getByRole('radio', { name: 'before' }).check();
  await until(page, async () => (await drawn()) !== soft);
  await panel.getByLabel('Drive').fill('0');
  await panel.getByRole('button', { name: 'Stop' }).click();
  await status.getByText('Stopped').waitFor();
  // a network that did nothing, or had no knob, would draw the same
  await panel.getByRole('radio', { name: 'after' }).check();
  await until(page, async () => (await drawn()) !== quiet);

  // Chromium’s own microphone beeps once per second
  await panel.getByRole('button', { name: 'Use the microphone' }).click();
  await status.getByText('Listening').waitFor();
  assert.equal(await page.evaluate(() => streams.length), 1, 'not before it was pressed');
  await until(page, async () => (await level('before')) > -20);
  await panel.getByRole('button', { name: 'Stop listening' }).click();
  await until(page, () =>
    page.evaluate(() => streams[0].getTracks().every((it) => it.readyState === 'ended')),
  );
  assert.deepEqual([said, elsewhere], [[], []]);

  const refused = await visit(browser, `${url}#audio`);
  const other = refused.page.getByRole('tabpanel', { name: 'Audio' });
  for (const [error, words] of [
    ['NotAllowedError', 'the microphone was refused'],
    ['NotFoundError', 'there is no microphone'],
    ['NotReadableError', 'another program uses the microphone'],
  ]) {
    await refused.page.evaluate((name) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', name));
    }, error);
    await other.getByRole('button', { name: 'Use the microphone' }).click();
    await other.getByRole('status').getByText(words).waitFor();
  }
  // and the sample still plays
  await other.getByRole('button', { name: 'Play' }).click();
  await other.getByRole('status').getByText('Playing').waitFor();
  assert.deepEqual(refused.said, []);
  await refused.context.close();
}

/** Streams that were opened. */
function countStreams() {
  globalThis.streams = [];
  const { getUserMedia } = MediaDevices.prototype;
  MediaDevices.prototype.getUserMedia = async function (asked) {
    const stream = await getUserMedia.call(this, asked);
    streams.push(stream);
    return stream;
  };
}
