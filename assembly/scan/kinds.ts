// Cells without a recurrent product. The build writes them for TypeScript, too (scripts/constants.mjs).

export const MINGRU: i32 = 0;
export const MINLSTM: i32 = 1;
export const INDRNN_RELU: i32 = 2;
export const INDRNN_TANH: i32 = 3;
export const SRU: i32 = 4;
