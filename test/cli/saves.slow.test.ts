import './saves.test.ts';
