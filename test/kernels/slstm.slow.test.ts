import './slstm.test.ts';
