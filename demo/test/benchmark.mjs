// The benchmark tab: our kernels, and the peers when asked for them.
import assert from 'node:assert/strict';

export const name = 'benchmark: kernels, then the peers';

const ALL = 7;
/** Those that only infer. */
const INFERENCE = 5;

export async function run({ page, said, elsewhere, note }) {
  const fetched = [];
  page.context().on('request', (request) => fetched.push(request.url()));
  await page.getByRole('tab', { name: 'Benchmark' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Benchmark' });
  const status = panel.getByRole('status');
  const bars = (label) => panel.locator(`li[data-label="${label}"] .what`).allTextContents();
  const done = () => status.getByText(/^Measured/).waitFor();

  await panel.getByRole('button', { name: 'Measure', exact: true }).click();
  await done();
  assert.match(await status.textContent(), /[\d.]+ GFLOP\/s/);
  const own = await bars('unrolled');
  assert.equal(own.length, ALL);
  for (const text of own) {
    // a busy machine makes one of them slow: only a wrong unit is this far off
    const share = Number(/(\d+) %$/.exec(text)[1]);
    assert.ok(share < 1000, text);
  }
  const peers = () => fetched.filter((url) => /ort|tfjs/.test(url));
  assert.deepEqual(peers(), [], 'not before they are asked for');

  await panel.getByRole('button', { name: 'peers' }).click();
  await done();
  assert.equal((await bars('TF.js')).length, ALL);
  assert.equal((await bars('ORT-web')).length, INFERENCE);
  assert.ok(peers().length > 2);
  note(
    `products of 512: ${own[1]}; TF.js ${(await bars('TF.js'))[1]}; ORT-web ${(await bars('ORT-web'))[1]}`,
  );

  await panel.getByLabel('Kernels').selectOption('simd');
  assert.deepEqual(await bars('unrolled'), [], 'numbers of other kernels are gone');
  await panel.getByRole('button', { name: 'Measure', exact: true }).click();
  await panel.getByRole('button', { name: 'Stop' }).click();
  await status.getByText('Stopped').waitFor();
  assert.deepEqual([said, elsewhere], [[], []]);
}
