// The declarations as TypeScript from 5.2 on reads them. Typed arrays are generic since 5.7; what `of` gives is an array
// over an ArrayBuffer in each version.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Rewrites those in a folder. */
export function rewriteDeclarations(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    const rewritten = text
      .replace(/\b(\w+Array)<ArrayBuffer>/g, "ReturnType<$1Constructor['of']>")
      .replace(/\b(\w+Array)<ArrayBufferLike>/g, '$1')
      // of TypeScript 5.4
      .replace(/\bNoInfer<(\w+)>/g, '$1');
    if (rewritten !== text) writeFileSync(path, rewritten);
  }
}
