import './torch.test.ts';
