import './memoryBudget.test.ts';
