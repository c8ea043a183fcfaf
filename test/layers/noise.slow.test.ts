import './noise.test.ts';
