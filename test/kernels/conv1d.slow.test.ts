import './conv1d.test.ts';
