import './offline.test.ts';
