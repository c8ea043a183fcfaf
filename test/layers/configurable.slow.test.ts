import './configurable.test.ts';
