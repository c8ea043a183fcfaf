// assembly/gemm/multiply.ts
export const KC = 256;
export const MC = 120;
export const TILE_BYTES = 320;

// assembly/gemm/sgemm.ts
export const NC = 512;

// assembly/vec/byIndex.ts
export const MOVE_COPY = 0;
export const MOVE_ADD = 1;
export const MOVE_MULTIPLY = 2;

// assembly/configurable/kinds.ts
export const CONFIGURABLE_RNN = 0;
export const CONFIGURABLE_LSTM = 1;
export const CONFIGURABLE_GRU = 2;
export const CONFIGURABLE_GRU_RESET_BEFORE = 3;

// assembly/scan/kinds.ts
export const SCAN_MINGRU = 0;
export const SCAN_MINLSTM = 1;
export const SCAN_INDRNN_RELU = 2;
export const SCAN_INDRNN_TANH = 3;
export const SCAN_SRU = 4;

// assembly/conv/pool1d.ts
export const POOL_MAX = 0;
export const POOL_MEAN = 1;

// assembly/quant/linear.ts
export const QUANT_ROWS = 32;

// assembly/quant/recurrent.ts
export const QUANT_RNN_TANH = 0;
export const QUANT_RNN_RELU = 1;
export const QUANT_GRU = 2;
export const QUANT_LSTM = 3;
