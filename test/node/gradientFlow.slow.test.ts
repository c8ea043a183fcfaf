import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('docs/gradient-flow.md shows what the example prints', () => {
  const printed = execFileSync(process.execPath, ['examples/gradient-flow/main.mjs'], {
    cwd: root,
    encoding: 'utf8',
  });
  const text = readFileSync(`${root}/docs/gradient-flow.md`, 'utf8');
  const shown = [...text.matchAll(/^```text\n([\s\S]*?)^```/gm)].map(([, block]) => block);
  expect(shown.join('\n')).toBe(printed);
});
