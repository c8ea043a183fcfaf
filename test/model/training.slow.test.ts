import './training.test.ts';
