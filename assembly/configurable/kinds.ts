// Cells with options, as a descriptor names them. The build writes them for TypeScript, too (scripts/constants.mjs).

export const RNN: i32 = 0;
export const LSTM: i32 = 1;
export const GRU: i32 = 2;
/** The reset gate acts on h before the product with W_hn. */
export const GRU_RESET_BEFORE: i32 = 3;
