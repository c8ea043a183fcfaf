import './spectrum.test.ts';
