import { testCases } from './testCases.ts';

await testCases('contributed');
// DynamicQuantizeLSTM with rows of several lengths
await testCases('lengths');
