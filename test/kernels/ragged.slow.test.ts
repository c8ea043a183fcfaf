import './ragged.test.ts';
