import './sequenceValues.test.ts';
