import './equality.test.ts';
