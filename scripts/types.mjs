// npm run types: the type checker. What TypeScript is told of the kernels is written anew; all is built where nothing was.
import { madeFrom } from './fresh.mjs';
import { writeSignatures } from './signatures.mjs';
import { node, root, tool } from './tools.mjs';

/** What is still right is not checked again. */
const INCREMENTAL = ['--incremental', '--tsBuildInfoFile', 'build/types.tsbuildinfo'];

process.chdir(root);
writeSignatures();
const code = madeFrom('dist') ? 0 : node('scripts/build.mjs');
process.exitCode = code || node(tool('typescript', 'tsc'), ['-p', 'tsconfig.json', ...INCREMENTAL]);
