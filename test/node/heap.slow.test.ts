import './heap.test.ts';
