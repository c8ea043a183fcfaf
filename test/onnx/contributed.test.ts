import { testCases } from './testCases.ts';

// With lengths, ONNX Runtime quantizes states of rows that have ended, too, which it computes further
await testCases('contributed', { limits: { _lens: 2e-2 } });
