import './lastStep.test.ts';
