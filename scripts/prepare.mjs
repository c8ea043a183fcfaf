// After npm ci: what TypeScript is told of the kernels, so that editors and tsc have it before anything is built.
import { writeSignatures } from './signatures.mjs';

writeSignatures();
