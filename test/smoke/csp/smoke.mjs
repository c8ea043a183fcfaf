// A page with a strict policy, the package's modules as they are: 'wasm-unsafe-eval' is all it needs, and without it
// the error says so.
import { join } from 'node:path';
import { open, serve } from '../lib/page.mjs';

const policy = (scripts) => ({
  'content-security-policy': `default-src 'none'; script-src ${scripts}; connect-src 'self'; require-trusted-types-for 'script'`,
});

export async function run({ project, same, note }) {
  const folders = { '/': project, '/unrolled/': join(project, 'node_modules/unrolled/dist') };
  const strict = await serve(folders, policy("'self' 'wasm-unsafe-eval'"));
  try {
    same("script-src 'self' 'wasm-unsafe-eval'", await open(strict.url));
  } finally {
    strict.stop();
  }
  const stricter = await serve(folders, policy("'self'"));
  try {
    const said = await open(stricter.url, { allowed: /Content Security Policy/ });
    if (!/^FeatureError: .*compile.*(Content Security Policy|unsafe-eval)/.test(said)) {
      throw new Error(`without 'wasm-unsafe-eval': ${said}`);
    }
    note("without 'wasm-unsafe-eval' a FeatureError");
  } finally {
    stricter.stop();
  }
}
