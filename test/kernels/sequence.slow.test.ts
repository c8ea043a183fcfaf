import './sequence.test.ts';
