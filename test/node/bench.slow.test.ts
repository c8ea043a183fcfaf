import './bench.test.ts';
