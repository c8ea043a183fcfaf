// One sees an RNN's gradient vanish, and an LSTM's reach further by far.
import assert from 'node:assert/strict';
import { number, until } from './browser.mjs';

export const name = 'gradient flow: an RNN’s vanishes, an LSTM’s reaches further';

export async function run({ page, note }) {
  const panel = page.getByRole('tabpanel', { name: 'Text' });
  const shares = {};
  const reached = {};
  for (const cell of ['RNN', 'MinGRU', 'LSTM']) {
    await panel.getByLabel('Cell').selectOption(cell);
    await panel.getByRole('button', { name: /Train/ }).click();
    await until(page, async () => (await number('Update', panel)) > 100);
    await panel.getByRole('button', { name: 'Pause' }).click();
    await panel.getByRole('status').getByText('Paused').waitFor();
    const verdict = panel.locator('.verdicts li');
    // what comes after the pause is of the model as it is then
    await verdict.waitFor();
    await verdict.evaluate((element) => element.remove());
    await panel.getByRole('button', { name: 'Stop' }).click();
    await panel.getByRole('status').getByText('Stopped').waitFor();
    const said = await verdict.textContent();
    shares[cell] = Number(/([\d.e-]+) of a gradient is left after 64 steps/.exec(said)[1]);
    note(`${cell}: ${said}`);
    reached[cell] = await coloured(panel);
  }
  assert.ok(shares.RNN < 1e-9, 'an RNN’s is gone');
  assert.ok(shares.LSTM > 1e6 * shares.RNN);
  assert.ok(reached.LSTM > 1.5 * reached.RNN, `steps with colour: ${JSON.stringify(reached)}`);
}

/** Steps of the heat map that are not in the colour of nothing. */
const coloured = (panel) =>
  panel.getByRole('img', { name: 'Norm of the gradient' }).evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, 1);
    const nothing = getComputedStyle(document.documentElement).getPropertyValue('--heat-0').trim();
    const [red, green] = [1, 3].map((at) => Number.parseInt(nothing.slice(at, at + 2), 16));
    return Array.from({ length: canvas.width }, (_, i) => 4 * i).filter(
      (at) => Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) > 12,
    ).length;
  });
