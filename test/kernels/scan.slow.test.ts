import './scan.test.ts';
