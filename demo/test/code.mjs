// The code of the page, copied as a person copies it, runs with the package as npm would publish it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from '../../scripts/pack.mjs';
import { root } from '../../scripts/tools.mjs';

export const name = 'code: 20 lines that run from the tarball';

const LINES = 20;

export async function run({ page, url, note }) {
  await page
    .context()
    .grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin });
  await page.getByRole('tab', { name: 'Unrolled' }).click();
  const card = page.getByRole('region', { name: 'The same in 20 lines' });
  await card.getByRole('button', { name: 'Copy' }).click();
  await card.getByText('Copied').waitFor();
  const source = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(source.trimEnd().split('\n').length, LINES);

  const folder = mkdtempSync(join(tmpdir(), 'demo-code-'));
  try {
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, 'unrolled'), { recursive: true });
    execFileSync('tar', ['-xzf', pack(folder), '--strip-components=1', '-C', join(modules, 'unrolled')]);
    // the one dependency
    symlinkSync(join(root, 'node_modules/@assemblyscript'), join(modules, '@assemblyscript'));
    writeFileSync(join(folder, 'page.mjs'), source);
    const said = execFileSync(process.execPath, ['page.mjs'], { cwd: folder, encoding: 'utf8' });
    const lines = said.trim().split('\n');
    assert.equal(lines.length, 6, said);
    for (const line of lines.filter((each) => each.includes('300 updates')))
      assert.match(line, /she sells sea shells/);
    const lasts = (cell) => Number(new RegExp(`${cell}, 300 .* lasts ([\\d.]+)`).exec(said)[1]);
    assert.ok(lasts('LSTM') > lasts('RNN'), said);
    note(lines.at(-1));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
