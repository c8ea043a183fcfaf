import './trainer.test.ts';
