// Where the tools are, and how scripts run them: with this Node, never through npm.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The path of a command that an installed package brings. */
export function tool(name, command = name) {
  // not by require.resolve: not every package exports its package.json
  const manifest = join(root, 'node_modules', name, 'package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[command]);
}

/** Runs a script with this Node at the root; gives its exit code. */
export function node(script, args = [], env = {}) {
  const { status, signal, error } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (error) throw error;
  return status ?? 128 + (constants.signals[signal] ?? 0);
}

/** Options of esbuild for a page as small as it gets. */
export const FOR_PAGES = {
  ...{ bundle: true, minify: true, splitting: true },
  ...{ format: 'esm', platform: 'browser', target: 'es2022' },
  // the package as published, not src/, to which tsconfig.json leads its name
  tsconfigRaw: {},
};
