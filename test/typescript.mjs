// For Node's suites: modules in TypeScript are read as JavaScript, which esbuild makes when their text has changed. It is
// kept in build/typescript/ with a hash of that text, so that no suite sees stale code.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { STARTS, withBundled } from './threadScripts.mjs';

const root = new URL('../', import.meta.url).href;
const require = nodeModule.createRequire(import.meta.url);
/** As tsconfig.json has them. */
const compilerOptions = { useDefineForClassFields: false, verbatimModuleSyntax: true };
/** What decides on the JavaScript, besides the text of a file. */
const recipe = [
  require('esbuild/package.json').version,
  readFileSync(fileURLToPath(import.meta.url), 'utf8'),
];

/** @param module path of a file below the root */
function javascript(module, text) {
  const made = fileURLToPath(new URL(`build/typescript/${module}.js`, root));
  const hash = createHash('sha256')
    .update(JSON.stringify([recipe, text]))
    .digest('hex');
  const kept = existsSync(made) ? readFileSync(made, 'utf8') : '';
  if (kept.endsWith(hash)) return kept;
  const { code } = require('esbuild').transformSync(text, {
    ...{ loader: 'ts', target: 'node20.19', tsconfigRaw: { compilerOptions } },
    ...{ sourcefile: fileURLToPath(new URL(module, root)), sourcemap: 'inline', sourcesContent: false },
  });
  mkdirSync(dirname(made), { recursive: true });
  // under its name when it is whole: other processes look for it
  writeFileSync(`${made}.${process.pid}`, `${code}// ${hash}`);
  renameSync(`${made}.${process.pid}`, made);
  return code;
}

/** Node's hook: loads a module. */
export function load(url, context, next) {
  const path = url.replace(/[?#].*/, '');
  const module = path.startsWith(root) ? path.slice(root.length) : '';
  const typescript = /^(?!node_modules).*\.ts$/.test(module);
  if (!STARTS[module] && !typescript) return next(url, context);
  const text = readFileSync(fileURLToPath(path), 'utf8');
  const complete = STARTS[module] ? withBundled(module, text) : text;
  return {
    format: 'module',
    shortCircuit: true,
    source: typescript ? javascript(module, complete) : complete,
  };
}

if (isMainThread) {
  if (nodeModule.registerHooks) nodeModule.registerHooks({ load });
  else nodeModule.register(import.meta.url);
}
