/**
 * The kernels of quantized layers, as WebAssembly exports them. Pointers are byte offsets into the arena, multiples of 4; 0 means none where
 * that is allowed. Counts, leading dimensions and flags (0 or 1) are integers. They trust what they are given.
 */
export interface QuantCalls {
  /**
   * Y[N′, O] = a convolution of X[N, I] with W[O, taps·I] packed (quant/linear.ts), tap after tap the channels, + b[O] (0 for
   * none). Otherwise as `conv1d_forward` with one group. work: `quantWork(taps·I, planes)` bytes, then QUANT_ROWS rows of
   * taps·I floats.
   */
  quant_conv1d(windows: number, I: number, O: number, planes: number, x: number, state: number, last: number, w: number, b: number, y: number, columns: number, work: number): void;
  /**
   * Y[m, k] = rows index[m] of W[n, k], packed (quant/linear.ts), as floats.
   */
  quant_gather(m: number, n: number, k: number, w: number, index: number, y: number): void;
  /**
   * Y[m, n] = X[m, k]·Wᵀ + b[n], W[n, k] packed; b = 0 for none. planes: 7 bits of activations each, 1 or 2. work:
   * `quantWork(k, planes)` bytes.
   */
  quant_linear(m: number, n: number, k: number, planes: number, x: number, w: number, b: number, y: number, work: number): void;
  /**
   * T steps of a cell, keeping nothing but the states: h and, of an LSTM, c [B, H] are the initial ones and become the last
   * ones. N rows of T steps by sizes (sequence/ragged.ts); x [N, I]; wIh [G, I], wHh [G, H] packed (quant/linear.ts), rows by
   * gate: h of an RNN, i f g o of an LSTM, of a GRU n r z in wIh and r z n in wHh; bias: the sums of both biases, [H] of an
   * RNN, [4H] of an LSTM; of a GRU [4H] n r z as in wIh, then b_hn; y [N, H]. gates: room for `chunk` steps
   * [chunk·B, H] of an RNN, else [chunk·B, 4H]. Activations are quantized in `planes` of 7 bits, gates are float32. work:
   * `quantWork(max(I, H), planes)` bytes.
   */
  quant_recurrent(kind: number, T: number, B: number, I: number, H: number, planes: number, sizes: number, x: number, wIh: number, wHh: number, bias: number, h: number, c: number, y: number, gates: number, chunk: number, work: number): void;
}
