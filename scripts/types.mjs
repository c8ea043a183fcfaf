// npm run types: the type checker. What TypeScript is told of the kernels is written anew. Nothing needs to be built.
import { writeSignatures } from './signatures.mjs';
import { node, root, tool } from './tools.mjs';

/** What is still right is not checked again. */
const INCREMENTAL = ['--incremental', '--tsBuildInfoFile', 'build/types.tsbuildinfo'];

process.chdir(root);
writeSignatures();
process.exitCode = node(tool('typescript', 'tsc'), ['-p', 'tsconfig.json', ...INCREMENTAL]);
