import './gemv.test.ts';
