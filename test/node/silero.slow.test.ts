import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** A folder with onnxruntime-node and the package that ships the models: `npm ci` in bench/, or PEERS. */
const peers = process.env.PEERS ?? join(root, 'bench');
const installed = ['onnxruntime-node', '@ricky0123/vad-web/dist'].every((name) =>
  existsSync(join(peers, 'node_modules', name)),
);
if (!installed) console.warn(`SKIPPED: Silero VAD. ${peers} has no onnxruntime-node and @ricky0123/vad-web.`);

test.skipIf(!installed)('Silero VAD v4, v5 and v6 stream 1,000 calls as in ONNX Runtime', () => {
  const output = execFileSync(process.execPath, ['bench/silero.mjs', '--no-web', '--calls', '1000'], {
    cwd: root,
    env: { ...process.env, PEERS: peers },
    encoding: 'utf8',
  });
  // the bench says FAIL beyond a difference of 1e-4
  const lines = output.split('\n').filter((line) => /^(ok|FAIL) /.test(line));
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['ok', 'ok', 'ok']);
  for (const line of lines)
    expect(Number(/(\d+) of 1000 frames above 0.9/.exec(line)?.[1])).toBeGreaterThan(10);
});
