// The page in Firefox: train, write, pause, reload, resume; a forecast. By WebDriver BiDi, which Debian's Firefox speaks.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { PATIENCE_S, until } from './browser.mjs';

export const name = 'Firefox: train, write, pause, reload, resume; every tab at work';

const executablePath = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find(
  (path) => path && existsSync(path),
);

export async function run({ url, note, page: clock }) {
  if (!executablePath) {
    assert.ok(!process.env.CI, 'no Firefox (FIREFOX says where it is)');
    return 'no Firefox (FIREFOX says where it is)';
  }
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    timeout: 1000 * PATIENCE_S,
    // a microphone that hums, allowed by itself
    extraPrefsFirefox: { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true },
  });
  try {
    note(await browser.version());
    const page = await browser.newPage();
    page.setDefaultTimeout(1000 * PATIENCE_S);
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await use(page, url, clock, note);
    assert.deepEqual(said, []);
    return undefined;
  } finally {
    await browser.close();
  }
}

async function use(page, url, clock, note) {
  let panel = '#panel-text';
  const text = (selector) => page.$eval(`${panel} ${selector}`, (element) => element.textContent);
  const numbers = async () =>
    (await text('dl.numbers'))
      .match(/Update(\d+) of.*\)([\d.]+)/)
      ?.slice(1)
      .map(Number);
  const press = async (label) => {
    await page.waitForSelector(`${panel} button.main`);
    assert.equal(await text('button.main'), label);
    await page.click(`${panel} button.main`);
  };
  const phase = (words) => until(clock, async () => (await text('.phase')).includes(words));
  const past = (update) => until(clock, async () => (await numbers())?.[0] > update);

  await page.goto(`${url}#text`);
  await press('Train');
  await past(10);
  // in nats per character: a model that knows nothing has a loss of 4
  await until(clock, async () => (await numbers())[1] < 3);
  await until(clock, async () => (await text('.written')).length > 250);
  await press('Pause');
  await phase('a reload resumes here');
  const [at] = await numbers();
  await page.reload();
  await page.waitForSelector(`${panel} .phase`);
  await phase('a reload resumes here');
  assert.deepEqual((await numbers())[0], at);
  await press('Resume');
  await past(at + 20);
  await page.click(`${panel} .buttons button:not(.main)`);
  await phase('Stopped');

  await page.click('#tab-series');
  panel = '#panel-series';
  await press('Train');
  await phase('Done');
  await until(clock, async () => /on average/.test(await text('.verdict')));
  await others(page, clock, url, note);
}

/** The tabs that begin by themselves, make sound, take files, and compare. */
async function others(page, clock, url, note) {
  const open = async (tab) => {
    await page.click(`#tab-${tab}`);
    await page.waitForSelector(`#panel-${tab} h2`);
  };
  const text = (selector) => page.$eval(selector, (element) => element.textContent);
  const says = (tab, pattern) =>
    until(clock, async () => pattern.test(await text(`#panel-${tab} [role=status]`)));

  await open('watch');
  await until(clock, async () => Number((await text('#panel-watch dl dd')).replace(',', '')) > 1000);
  const drawn = () => page.$eval('canvas.scene', (canvas) => canvas.toDataURL());
  const first = await drawn();
  await until(clock, async () => (await drawn()) !== first);

  await open('audio');
  await until(clock, async () => /µs/.test(await text('#panel-audio dl')));
  await page.click('#panel-audio button.main');
  // Firefox begins no sound where there is no device for it
  await says('audio', /Playing|no sound/);
  const level = () => page.$eval('#panel-audio [role=meter]', (meter) => Number(meter.ariaValueNow));
  if (/Playing/.test(await text('#panel-audio [role=status]'))) {
    await until(clock, async () => (await level()) > -50);
    await page.click('#panel-audio button.main');
  }
  await page.evaluate(() => {
    globalThis.streams = [];
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wanted) => {
      streams.push(await ask(wanted));
      return streams.at(-1);
    };
  });
  const microphone = '#panel-audio .buttons button:nth-child(2)';
  await page.click(microphone);
  await says('audio', /Listening|no sound/);
  note(await text('#panel-audio [role=status]'));
  const states = () =>
    page.evaluate(() => streams.flatMap((it) => it.getTracks().map((at) => at.readyState)));
  if (/Listening/.test(await text('#panel-audio [role=status]'))) {
    assert.deepEqual(await states(), ['live']);
    await until(clock, async () => (await level()) > -50);
    await page.click(microphone);
  }
  // it is given back; without sound it was never asked for
  await until(clock, async () => (await states()).every((state) => state === 'ended'));

  await open('model');
  const input = await page.$('#panel-model .side input[type=file]');
  await input.uploadFile(join(import.meta.dirname, '../src/watch/lstm.safetensors'));
  await says('model', /^lstm.safetensors: /);
  assert.match(await text('#panel-model .chain'), /Embedding.*LSTM.*Linear/s);

  await open('tensorflow');
  await page.select('#panel-tensorflow .pairs .field:nth-child(2) select', '32');
  await page.click('#panel-tensorflow button.main');
  await until(clock, async () => /^[\d.]+ ×$/.test(await text('#panel-tensorflow .factor')));
  await page.click('#panel-tensorflow button.main');
  await says('tensorflow', /Stopped/);

  await open('benchmark');
  await page.click('#panel-benchmark button.main');
  await until(clock, async () => /GFLOP/.test(await text('#panel-benchmark .bars')));
  await page.$eval('#panel-benchmark .buttons button:nth-child(2)', (button) => button.click());
  await says('benchmark', /^(Stopped|Measured)/);

  // a link restores what it says
  await page.goto('about:blank');
  await page.goto(`${url}#melody?cell=GRU&tempo=200`);
  await page.waitForSelector('#panel-melody select');
  assert.equal(await page.$eval('#panel-melody select', ({ value }) => value), 'GRU');
  assert.equal(await page.$$eval('#panel-melody .name', ({ length }) => length > 30), true);
}
