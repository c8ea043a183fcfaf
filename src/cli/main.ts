#!/usr/bin/env node
import { run } from './run.ts';

// npx and npm scripts: commands to type next begin as this one did
const program = process.env.npm_execpath === undefined ? 'unrolled' : 'npx unrolled';
const { stdout, stderr } = process;
process.exitCode = await run(process.argv.slice(2), { stdout, stderr, program });
