/**
 * The kernels, as WebAssembly exports them. Pointers are byte offsets into the arena, multiples of 4; 0 means none where
 * that is allowed. Counts, leading dimensions and flags (0 or 1) are integers. They trust what they are given.
 */
export interface KernelCalls {
  /**
   * Y[m, n] = X[m, k]·W[n, k]ᵀ + b[n]; b = 0 for none. work: `linearWork(n, k)` bytes; with `packed` it still holds
   * what a former call with the same W put there.
   */
  linear_forward(m: number, n: number, k: number, x: number, w: number, b: number, y: number, packed: number, work: number): void;
  /**
   * x[n] *= s.
   */
  vec_scale(n: number, s: number, x: number): void;
  /**
   * The first i in 0..n−1 with index[i] outside 0..limit−1 and not `ignore`, or −1.
   */
  find_bad_index(n: number, index: number, limit: number, ignore: number): number;
  /**
   * y[i, :] = table[index[i], :], i in 0..m−1, rows of n floats. Precondition: 0 <= index < rows of table.
   */
  gather_rows(m: number, n: number, table: number, index: number, y: number): void;
  /**
   * Row i of y[m, n] from row index[i] of x (row i when index is 0), as mode says: 0 copied, 1 added to y, 2 multiplied
   * into y. ldx, ldy: floats from row to row. Precondition: 0 <= index < rows of x; x and y apart.
   */
  move_rows(m: number, n: number, x: number, ldx: number, index: number, y: number, ldy: number, mode: number): void;
  /**
   * out[n] = base + (sum − offset) · factor, in f64; sum: of `terms` draws in [0, 1), 1 to 127, the upper 24 bits of each next
   * number of xoshiro128** (Blackman & Vigna 2018), as src/init/generator.ts. state: u32 [4], advanced.
   */
  random_fill(n: number, terms: number, offset: number, factor: number, base: number, state: number, out: number): void;
  /**
   * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one.
   * gates: room for `chunk` steps [chunk·B, 4H]. work: `gruWork(I, H, V)` bytes; with `packed` it still holds what a
   * former call with the same weights put there.
   */
  gru_forward(T: number, B: number, I: number, H: number, V: number, sizes: number, x: number, index: number, wIh: number, wHh: number, bIh: number, bHh: number, h: number, y: number, gates: number, chunk: number, packed: number, work: number): void;
  /**
   * T steps, keeping nothing but the two states: h and c [B, H] are the initial ones and become the last ones.
   * gates: room for `chunk` steps [chunk·B, 4H]; the input is projected `chunk` steps at a time.
   * work: `lstmWork(I, H, V)` bytes; with `packed` it still holds what an earlier call with the same weights put there.
   */
  lstm_forward(T: number, B: number, I: number, H: number, V: number, sizes: number, x: number, index: number, wIh: number, wHh: number, bIh: number, bHh: number, h: number, c: number, y: number, gates: number, chunk: number, packed: number, work: number): void;
  /**
   * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one.
   * work: `rnnWork(I, H, V)` bytes; with `packed` it still holds what an earlier call with the same weights put there.
   */
  rnn_forward(T: number, B: number, I: number, H: number, V: number, sizes: number, relu: number, x: number, index: number, wIh: number, wHh: number, bIh: number, bHh: number, h: number, y: number, packed: number, work: number): void;
  /**
   * ln Σ e^x over x[n] in f64, n >= 1: ln softmax(x)[j] is x[j] less it.
   */
  log_sum_exp(n: number, x: number): number;
  /**
   * y[i, :] = softmax(x[i, :] · invTemperature) over m rows of n; y may be x.
   */
  softmax_rows(m: number, n: number, invTemperature: number, x: number, y: number): void;
  /**
   * The first index of the largest of x[n], n >= 1; NaN counts as smaller than any number.
   */
  index_of_max(n: number, x: number): number;
  /**
   * The first i with p[0] + … + p[i] > u · Σ p, for weights p[n] >= 0 and u in [0, 1); n − 1 if rounding passes them all.
   */
  sample_index(n: number, p: number, u: number): number;
  /**
   * 1 in the `relaxed` build, where `madd` is one fused instruction; else 0.
   */
  is_relaxed(): number;
  /**
   * dX[m, k] = dY·W (dX = 0 to leave it out); dW[n, k] += dYᵀ·X; db[n] += Σ dY (db = 0 for none), both summed from the
   * last row to the first.
   * work: `linearBackwardWork(m, n, k)` bytes.
   */
  linear_backward(m: number, n: number, k: number, x: number, w: number, dy: number, dx: number, dw: number, db: number, work: number): void;
  /**
   * x[n] clamped to −limit..limit; NaN stays.
   */
  vec_clamp(n: number, limit: number, x: number): void;
  /**
   * x[n] = value.
   */
  vec_fill(n: number, value: number, x: number): void;
  /**
   * Σ x[n]² in f64, so that neither 2^64 nor 2^-64 overflows; order as vec_sum.
   */
  vec_sum_squares(n: number, x: number): number;
  /**
   * hN[B, W] = the last state of every row of h [B + N, W], which begins with the initial states.
   */
  last_rows(T: number, B: number, W: number, sizes: number, h: number, hN: number): void;
  /**
   * table[index[i], :] += x[i, :], from the last i to the first. Precondition: 0 <= index < rows of table.
   */
  scatter_add_rows(m: number, n: number, x: number, index: number, table: number): void;
  /**
   * y[n] = x[n] · m, m = scale with probability 1 − threshold/2^32, else 0; y may be x. The mask is a function of
   * (key, counter + i) only, so the backward pass draws it again: dx = dropout(dy) with the same key and counter.
   * Lane i: counter + i, keyed, through the 32-bit finalizer of MurmurHash3 (Appleby) twice.
   */
  dropout(n: number, key: number, counter: number, threshold: number, scale: number, x: number, y: number): void;
  /**
   * dropout with one mask for all steps (Gal and Ghahramani, 2016): element j of row b draws counter b·n + j at each of T
   * steps. x and y: [N, n], the rows of a step after those of the step before; sizes: i32 [T], rows of each step, 0 for
   * B at all. y may be x.
   */
  dropout_steps(T: number, B: number, n: number, sizes: number, key: number, threshold: number, scale: number, x: number, y: number): void;
  /**
   * Σ over m rows of −ln softmax(x[i, :])[target[i]], rows of n logits; rows whose target is `ignore` count nothing.
   * dx [m, n], 0 to leave it out, may be x: scale · (softmax − one-hot), and 0 in ignored rows.
   * Preconditions: n >= 1; every other target in 0..n−1.
   */
  cross_entropy(m: number, n: number, x: number, target: number, ignore: number, scale: number, dx: number): number;
  /**
   * Σ (x − y)² over n in f64; dx, 0 to leave it out, may be x: scale · (x − y).
   */
  mse(n: number, x: number, y: number, scale: number, dx: number): number;
  /**
   * Σ over n of max(x, 0) − x·y + ln(1 + e^−|x|), the binary cross-entropy of σ(x) against y in 0..1, in f64.
   * dx, 0 to leave it out, may be x: scale · (σ(x) − y).
   */
  bce_with_logits(n: number, x: number, y: number, scale: number, dx: number): number;
  /**
   * Stochastic gradient descent, as torch.optim.SGD (dampening 0): d = s·g + weightDecay·p; with momentum b = momentum·b
   * + d, and d = b, or d + momentum·b with nesterov; p −= lr·d. b: n floats of state, 0 without momentum;
   * subnormals flushed.
   */
  sgd_step(n: number, p: number, g: number, b: number, s: number, lr: number, momentum: number, weightDecay: number, nesterov: number): void;
  /**
   * Adam (Kingma & Ba 2015) as torch.optim.Adam, or AdamW (Loshchilov & Hutter 2019) as torch.optim.AdamW when
   * decoupled. d = s·g (+ weightDecay·p, or p −= lr·weightDecay·p); m = β1·m + (1 − β1)·d; v = β2·v + (1 − β2)·d²;
   * p −= lr/c1 · m / (√v/√c2 + eps), c = 1 − β^t: rate = lr/c1, root = 1/√c2. m, v: n floats of state, subnormals
   * flushed.
   */
  adam_step(n: number, p: number, g: number, m: number, v: number, s: number, lr: number, beta1: number, beta2: number, eps: number, weightDecay: number, decoupled: number, rate: number, root: number): void;
  /**
   * RMSprop (Tieleman & Hinton 2012) as torch.optim.RMSprop: d = s·g + weightDecay·p; v = α·v + (1 − α)·d²;
   * centered: a = α·a + (1 − α)·d, root of v − a²; u = d / (√v + eps); with momentum b = momentum·b + u, u = b;
   * p −= lr·u. v: n floats of state; a, b: likewise, 0 when not centered or without momentum.
   */
  rmsprop_step(n: number, p: number, g: number, v: number, a: number, b: number, s: number, lr: number, alpha: number, eps: number, weightDecay: number, momentum: number): void;
  /**
   * Adagrad (Duchi et al. 2011) as torch.optim.Adagrad: d = s·g + weightDecay·p; v += d²; p −= rate·d / (√v + eps),
   * rate = lr / (1 + (t − 1)·lrDecay). v: n floats of state, subnormals flushed.
   */
  adagrad_step(n: number, p: number, g: number, v: number, s: number, rate: number, eps: number, weightDecay: number): void;
  /**
   * T steps, keeping what `gru_backward` needs: h [B + N, H] with the initial states first; gates [N, 4H].
   */
  gru_forward_train(T: number, B: number, I: number, H: number, V: number, sizes: number, x: number, index: number, wIh: number, wHh: number, bIh: number, bHh: number, h: number, gates: number, work: number): void;
  /**
   * T steps, keeping what `lstm_backward` needs: h and c [B + N, H] with the initial states first, so that the output is
   * h from row B on; gates [N, 4H] after their activations. Otherwise as lstm_forward.
   */
  lstm_forward_train(T: number, B: number, I: number, H: number, V: number, sizes: number, x: number, index: number, wIh: number, wHh: number, bIh: number, bHh: number, h: number, c: number, gates: number, work: number): void;
  /**
   * T steps, keeping what `rnn_backward` needs: h [B + N, H] with the initial states first; slope [N, H], φ′.
   */
  rnn_forward_train(T: number, B: number, I: number, H: number, V: number, sizes: number, relu: number, x: number, index: number, wIh: number, wHh: number, bIh: number, bHh: number, h: number, slope: number, work: number): void;
  /**
   * Backpropagation through the T steps of gru_forward_train, whose gates it overwrites with da_n da_r da_z dq, and with
   * sizes h, too. dy [N, H], 0 for none. dh [B, H]: gradient of the last states, becomes that of the initial ones. dx, as
   * x, 0 to leave it out; a table's is added to, by way of dP [V, 3H] (input.ts). dwIh, dwHh, dbIh, dbHh are added to from
   * the last row to the first (the biases: 0 for none). watch: stepHook.ts, or 0. work: `backwardWork(3, N, I, H, V)` bytes.
   */
  gru_backward(T: number, B: number, I: number, H: number, V: number, sizes: number, x: number, index: number, wIh: number, wHh: number, h: number, gates: number, dy: number, dh: number, dx: number, dwIh: number, dwHh: number, dbIh: number, dbHh: number, dP: number, finish: number, watch: number, work: number): void;
  /**
   * Backpropagation through the T steps of lstm_forward_train, whose gates it overwrites with dL/da, and with sizes h, too.
   * dy [N, H], 0 for none. dh, dc [B, H]: gradients of the last states, become those of the initial ones.
   * dx, as x, 0 to leave it out; a table's is added to, by way of dP [V, 4H] (input.ts). dwIh, dwHh, dbIh, dbHh are added
   * to from the last row to the first (the biases: 0 for none). watch: stepHook.ts, or 0.
   * work: `backwardWork(4, N, I, H, V)` bytes.
   */
  lstm_backward(T: number, B: number, I: number, H: number, V: number, sizes: number, x: number, index: number, wIh: number, wHh: number, h: number, c: number, gates: number, dy: number, dh: number, dc: number, dx: number, dwIh: number, dwHh: number, dbIh: number, dbHh: number, dP: number, finish: number, watch: number, work: number): void;
  /**
   * Backpropagation through the T steps of rnn_forward_train, whose slope [N, H] it overwrites with dL/da, and with sizes
   * h, too. dy [N, H], 0 for none.
   * dh [B, H]: gradient of the last states, becomes that of the initial ones. dx, as x, 0 to leave it out; a table's is
   * added to, by way of dP [V, H] (input.ts). dwIh, dwHh, dbIh, dbHh are added to from the last row to the first (the
   * biases: 0 for none). watch: stepHook.ts, or 0. work: `backwardWork(1, N, I, H, V)` bytes.
   */
  rnn_backward(T: number, B: number, I: number, H: number, V: number, sizes: number, x: number, index: number, wIh: number, wHh: number, h: number, da: number, dy: number, dh: number, dx: number, dwIh: number, dwHh: number, dbIh: number, dbHh: number, dP: number, finish: number, watch: number, work: number): void;
  /**
   * The kernels called from now on are run by `count` threads; this one is number `i`.
   */
  join_team(i: number, count: number): void;
  /**
   * C[m, n] = A[m, k] · B[k, n] + beta·C, beta 0 or 1 (with 0, C is not read). Row-major; lda, ldb, ldc: floats from
   * row to row. work: `gemmWork(m, n, k)` bytes of the caller's (src/memory/workspace.ts).
   */
  sgemm_nn(m: number, n: number, k: number, a: number, lda: number, b: number, ldb: number, beta: number, c: number, ldc: number, work: number): void;
  /**
   * C[m, n] = A[m, k] · B[n, k]ᵀ + beta·C. Otherwise as sgemm_nn.
   */
  sgemm_nt(m: number, n: number, k: number, a: number, lda: number, b: number, ldb: number, beta: number, c: number, ldc: number, work: number): void;
  /**
   * C[m, n] = A[k, m]ᵀ · B[k, n] + beta·C. Otherwise as sgemm_nn.
   */
  sgemm_tn(m: number, n: number, k: number, a: number, lda: number, b: number, ldb: number, beta: number, c: number, ldc: number, work: number): void;
  /**
   * y[n] = x[k] · B[k, n] + beta·y. Row-major, ldb floats from row to row. work: `gemmWork(1, n, k)` bytes.
   */
  sgemv_n(n: number, k: number, x: number, b: number, ldb: number, beta: number, y: number, work: number): void;
  /**
   * y[n] = B[n, k] · x[k] + beta·y, summed in the order of k like every other product here: sixteen rows at a time,
   * four by four turned in registers.
   */
  sgemv_t(n: number, k: number, x: number, b: number, ldb: number, beta: number, y: number): void;
  /**
   * y[n] = φ(x[n] clamped to ±clip), and slope[n] = φ′ there, 0 where |x| > clip, unless slope is 0. clip: above 0,
   * Infinity for none; y may be x. φ by kind: 0 x; 1 tanh x; 2 1/(1 + e^−x); 3 max(x, 0); 4 αx + β clamped to 0..1;
   * 5 x/(1 + |x|); 6 ln(1 + e^x); 7 x, or α(e^x − 1) where x <= 0; 8 x, or αx where x <= 0; 9 α·tanh(βx); 10 αx + β;
   * 11 x/(1 + e^−x), 0 where it is below 2^-119; 12 x clamped to 0..6; 13 βx, or αβ(e^x − 1) where x <= 0;
   * 14 x·tanh(ln(1 + e^x)); 15 x·P(X <= x) for a normal X; 16 x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2; 17 e^x.
   * Subnormal results become +0; NaN gives NaN.
   */
  vec_activate(kind: number, alpha: number, beta: number, clip: number, n: number, x: number, y: number, slope: number): void;
  /**
   * y[n] = e^x[n]; x may be y.
   */
  vec_exp(n: number, x: number, y: number): void;
  /**
   * y[n] = 1 / (1 + e^−x[n]); x may be y.
   */
  vec_sigmoid(n: number, x: number, y: number): void;
  /**
   * y[n] = tanh(x[n]); x may be y.
   */
  vec_tanh(n: number, x: number, y: number): void;
  /**
   * y[n] = a[n] + b[n]; y may be a or b.
   */
  vec_add(n: number, a: number, b: number, y: number): void;
  /**
   * y[n] += s · x[n].
   */
  vec_axpy(n: number, s: number, x: number, y: number): void;
  /**
   * y[n] = a[n] · b[n]; y may be a or b.
   */
  vec_mul(n: number, a: number, b: number, y: number): void;
  /**
   * y[n] += Σ over m rows of A[m, n], from the last row to the first, so that rows cut into pieces and summed from the
   * last piece to the first give the same bits; lda floats from row to row.
   */
  add_column_sums(m: number, n: number, a: number, lda: number, y: number): void;
  /**
   * As add_column_sums, into y1[n] and y2[n], each from its own start, in one pass over A. y2 may be y1, which then gets
   * the sums once.
   */
  add_column_sums2(m: number, n: number, a: number, lda: number, y1: number, y2: number): void;
  /**
   * Σ a[n] · b[n], four running sums, one a lane.
   */
  vec_dot(n: number, a: number, b: number): number;
  /**
   * Σ x[n] in f64: four running sums, one a lane, then ((l0 + l1) + (l2 + l3)).
   */
  vec_sum(n: number, x: number): number;
  /**
   * The largest of x[n], n >= 1; NaN if any is NaN.
   */
  vec_max(n: number, x: number): number;
  /**
   * Zoneout (Krueger et al., 2017): x[n] = old[n] with probability threshold/2^32, else as it is. Draws as dropout: what
   * would be dropped keeps its old value.
   */
  zoneout(n: number, key: number, counter: number, threshold: number, old: number, x: number): void;
  /**
   * Where zoneout with the same arguments kept old: dold[n] += dx[n], dx[n] = 0; elsewhere both stay.
   */
  zoneout_backward(n: number, key: number, counter: number, threshold: number, dx: number, dold: number): void;
  /**
   * What zoneout gives on average, for inference: x[n] += p·(old[n] − x[n]); subnormals become +0.
   */
  zoneout_mean(n: number, p: number, old: number, x: number): void;
  /**
   * Layer normalization (Ba et al., 2016) of m rows of n >= 1 floats: y = x̂ ⊙ weight + bias, added to y when add is 1;
   * x̂ = (x − mean)/√(variance + eps). ldx, ldy: floats from row to row. weight[n]; bias[n] or 0 for none. Keeps
   * xhat[m, n] and rstd[m] for the backward pass unless xhat is 0. y may be x where their rows coincide and add is 0.
   * Mean, then variance, in f64.
   */
  layer_norm(m: number, n: number, x: number, ldx: number, weight: number, bias: number, y: number, ldy: number, add: number, xhat: number, rstd: number, eps: number): void;
  /**
   * From dy of layer_norm: dx[m, n] = rstd·(g − mean(g) − x̂·mean(g ⊙ x̂)), g = dy ⊙ weight, subnormals +0;
   * dweight[n] += Σ dy ⊙ x̂ and dbias[n] += Σ dy, from the last row to the first; dbias 0: none. dx may be xhat (lddx = n)
   * or dy (lddx = ldy). ldy, lddx: floats from row to row. The means in f64.
   */
  layer_norm_backward(m: number, n: number, dy: number, ldy: number, weight: number, xhat: number, rstd: number, dx: number, lddx: number, dweight: number, dbias: number): void;
  /**
   * y[n, m] = x[m, n]ᵀ. ldx, ldy: floats from row to row. x and y apart.
   */
  transpose(m: number, n: number, x: number, ldx: number, y: number, ldy: number): void;
  /**
   * How many of the values x[m, n] are below low or above high; NaN counts. ldx floats from row to row.
   */
  count_outside(m: number, n: number, x: number, ldx: number, low: number, high: number): number;
  /**
   * The first i in 0..n−1 where x[i] is NaN or ±Inf, or −1.
   */
  find_nonfinite(n: number, x: number): number;
  /**
   * Backpropagation through the T steps of scan_forward_train, whose gates it overwrites with dL/da. dy [N, H], 0 for
   * none. dState [B, H]: gradient of the last states, becomes that of the initial ones. dx [N, I], 0 to leave it out.
   * dwIh, dv, dbIh are added to from the last row to the first (dbIh: 0 for none). watch: sequence/stepHook.ts, or 0; SRU's
   * dL/dc in the place of dL/dh, what y brings included. work: `scanBackwardWork(G / H, N, I, H)` bytes.
   *
   * Shapes: N rows of T steps by sizes (sequence/ragged.ts); x [N, I]; G is H times 2 (minGRU: z n), 3 (minLSTM: f i g),
   * 1 (IndRNN) or 3 (SRU: u f r), 4 where I != H (u f r s); wIh [G, I]; v the state's weights: IndRNN's [H], SRU's [2H]
   * (v_f v_r); bIh [G], SRU's [2H] (b_f b_r), 0 for none. The state is h [B, H], and y [N, H] the states; SRU's is c.
   */
  scan_backward(cell: number, T: number, B: number, I: number, H: number, sizes: number, x: number, wIh: number, v: number, states: number, gates: number, dy: number, dState: number, dx: number, dwIh: number, dv: number, dbIh: number, watch: number, work: number): void;
  /**
   * T steps, keeping nothing but the state, which is the initial one and becomes the last one of every row.
   * gates: room for `chunk` steps [chunk·B, G]; the input is projected `chunk` steps at a time.
   * work: `scanWork(G / H, I, H)` bytes; with `packed` it still holds what an earlier call with the same weights put there.
   *
   * Shapes: N rows of T steps by sizes (sequence/ragged.ts); x [N, I]; G is H times 2 (minGRU: z n), 3 (minLSTM: f i g),
   * 1 (IndRNN) or 3 (SRU: u f r), 4 where I != H (u f r s); wIh [G, I]; v the state's weights: IndRNN's [H], SRU's [2H]
   * (v_f v_r); bIh [G], SRU's [2H] (b_f b_r), 0 for none. The state is h [B, H], and y [N, H] the states; SRU's is c.
   */
  scan_forward(cell: number, T: number, B: number, I: number, H: number, sizes: number, x: number, wIh: number, v: number, bIh: number, state: number, y: number, gates: number, chunk: number, packed: number, work: number): void;
  /**
   * T steps, keeping what `scan_backward` needs: states [B + N, H] with the initial ones first; gates [N, G] before their
   * activations, of IndRNN φ′. y: SRU's; of the others 0, since they are the states from row B on.
   *
   * Shapes: N rows of T steps by sizes (sequence/ragged.ts); x [N, I]; G is H times 2 (minGRU: z n), 3 (minLSTM: f i g),
   * 1 (IndRNN) or 3 (SRU: u f r), 4 where I != H (u f r s); wIh [G, I]; v the state's weights: IndRNN's [H], SRU's [2H]
   * (v_f v_r); bIh [G], SRU's [2H] (b_f b_r), 0 for none. The state is h [B, H], and y [N, H] the states; SRU's is c.
   */
  scan_forward_train(cell: number, T: number, B: number, I: number, H: number, sizes: number, x: number, wIh: number, v: number, bIh: number, states: number, y: number, gates: number, work: number): void;
  /**
   * Σ over n of the Huber loss in f64: d²/2 where |d| <= δ, else δ·(|d| − δ/2); d = x − y, δ = delta > 0.
   * dx, 0 to leave it out, may be x: scale · (d clamped to ±δ). NaN gives NaN.
   */
  huber(n: number, x: number, y: number, delta: number, scale: number, dx: number): number;
  /**
   * Lion (Chen et al. 2023, arXiv 2302.06675, algorithm 2): d = s·g; c = β1·m + (1 − β1)·d; p −= lr·(sign c +
   * weightDecay·p); m = β2·m + (1 − β2)·d. sign 0 is 0, sign NaN is NaN. m: n floats of state, subnormals flushed.
   */
  lion_step(n: number, p: number, g: number, m: number, s: number, lr: number, beta1: number, beta2: number, weightDecay: number): void;
  /**
   * Backpropagation through the T steps of slstm_forward_train, whose gates it overwrites with dL/da, and with sizes h, too.
   * dy [N, H], 0 for none. dh, dc, dn [B, H]: gradients of the last states, become those of the initial ones; m has none.
   * dx [N, I], 0 to leave it out. dwIh, dwHh, dbIh are added to from the last row to the first (dbIh: 0 for none).
   * watch: stepHook.ts, or 0. work: TILE_BYTES and W_hh packed, then `gemmWork` of the products after the loop.
   *
   * Shapes: N rows of T steps by sizes (ragged.ts); x [N, I]; wIh [4H, I], wHh [4H, H / heads] (gemm/heads.ts), bIh [4H] (0
   * for none), rows of gates i f z o; y [N, H]. exponential: f = e^a_f, else σ(a_f) (cells/slstm.ts).
   */
  slstm_backward(T: number, B: number, I: number, H: number, heads: number, exponential: number, sizes: number, x: number, wIh: number, wHh: number, h: number, c: number, n: number, m: number, gates: number, dy: number, dh: number, dc: number, dn: number, dx: number, dwIh: number, dwHh: number, dbIh: number, watch: number, work: number): void;
  /**
   * T steps, keeping nothing but the four states: h, c, n, m [B, H] are the initial ones and become the last ones.
   * gates: room for `chunk` steps [chunk·B, 4H]; the input is projected `chunk` steps at a time.
   * work: TILE_BYTES, then W_ih packed, then W_hh; with `packed` it still holds what a former call with the same weights
   * put there.
   *
   * Shapes: N rows of T steps by sizes (ragged.ts); x [N, I]; wIh [4H, I], wHh [4H, H / heads] (gemm/heads.ts), bIh [4H] (0
   * for none), rows of gates i f z o; y [N, H]. exponential: f = e^a_f, else σ(a_f) (cells/slstm.ts).
   */
  slstm_forward(T: number, B: number, I: number, H: number, heads: number, exponential: number, sizes: number, x: number, wIh: number, wHh: number, bIh: number, h: number, c: number, n: number, m: number, y: number, gates: number, chunk: number, packed: number, work: number): void;
  /**
   * T steps, keeping what `slstm_backward` needs: h, c, n, m [B + N, H] with the initial states first, so that the output is
   * h from row B on; gates [N, 4H]. Otherwise as slstm_forward.
   *
   * Shapes: N rows of T steps by sizes (ragged.ts); x [N, I]; wIh [4H, I], wHh [4H, H / heads] (gemm/heads.ts), bIh [4H] (0
   * for none), rows of gates i f z o; y [N, H]. exponential: f = e^a_f, else σ(a_f) (cells/slstm.ts).
   */
  slstm_forward_train(T: number, B: number, I: number, H: number, heads: number, exponential: number, sizes: number, x: number, wIh: number, wHh: number, bIh: number, h: number, c: number, n: number, m: number, gates: number, work: number): void;
  /**
   * As adagrad_step, with p −= rate·d / √(v + eps), as TF.js.
   */
  adagrad_inside_step(n: number, p: number, g: number, v: number, s: number, rate: number, eps: number, weightDecay: number): void;
  /**
   * Adadelta (Zeiler 2012) as torch.optim.Adadelta: d = s·g + weightDecay·p; v = ρ·v + (1 − ρ)·d²; u = √(a + eps) /
   * √(v + eps)·d; a = ρ·a + (1 − ρ)·u²; p −= lr·u. TF.js divides by the root of v before its update (former). v, a: n
   * floats of state, subnormals flushed.
   */
  adadelta_step(n: number, p: number, g: number, v: number, a: number, s: number, lr: number, rho: number, eps: number, weightDecay: number, former: number): void;
  /**
   * Adamax (Kingma & Ba 2015) as torch.optim.Adamax: d = s·g + weightDecay·p; m = β1·m + (1 − β1)·d; u = max(β2·u, |d| +
   * inside); p −= rate·m / (u + eps), rate = lr/(1 − β1^t). PyTorch's epsilon is inside and eps 0, TF.js's the other way
   * round. m, u: n floats of state, subnormals flushed.
   */
  adamax_step(n: number, p: number, g: number, m: number, u: number, s: number, rate: number, beta1: number, beta2: number, eps: number, inside: number, weightDecay: number): void;
  /**
   * As rmsprop_step, with u = d / √(v + eps). With rateInside the buffer holds the learning rate, as in TF.js: b =
   * momentum·b + lr·u, p −= b. TF.js subtracts its epsilon when centered: eps may be negative.
   */
  rmsprop_inside_step(n: number, p: number, g: number, v: number, a: number, b: number, s: number, lr: number, alpha: number, eps: number, weightDecay: number, momentum: number, rateInside: number): void;
  /**
   * Backpropagation through the T steps of a configurable_forward that trained. Overwrites what that kept. Returns Ω, the sum
   * over steps and rows, where it is asked for.
   */
  configurable_backward(layer: number): number;
  /**
   * T steps of the layer that `layer` points to. Training, it keeps what `configurable_backward` needs; else nothing but the
   * states, and gates of `chunk` steps at a time.
   */
  configurable_forward(layer: number): void;
  /**
   * y[m, n] = (x − mean)/√(variance + eps) ⊙ weight + bias by column, with given statistics [n]. y may be x. work:
   * `batchNormWork(n)` bytes.
   */
  batch_norm(m: number, n: number, x: number, mean: number, variance: number, weight: number, bias: number, eps: number, y: number, work: number): void;
  /**
   * From dy of batch_norm_train: dx[m, n] = weight·rstd·(dy − mean(dy) − x̂·mean(dy ⊙ x̂)) by column, subnormals +0, unless
   * dx is 0; dweight[n] += Σ dy ⊙ x̂ and dbias[n] += Σ dy. Sums in f64, from the last row to the first. work:
   * `batchNormWork(n)` bytes.
   */
  batch_norm_backward(m: number, n: number, dy: number, weight: number, xhat: number, rstd: number, dx: number, dweight: number, dbias: number, work: number): void;
  /**
   * Batch normalization (Ioffe & Szegedy 2015) of m >= 2 rows of n floats by the statistics of each column: y = x̂ ⊙ weight
   * + bias, x̂ = (x − mean)/√(variance + eps), the variance divided by m. Keeps xhat[m, n] and rstd[n] for the backward
   * pass. running_mean and running_var [n] become (1 − momentum) · old + momentum · new, the new variance divided by m − 1,
   * as in torch. Sums in f64, from the first row to the last. work: `batchNormWork(n)` bytes.
   */
  batch_norm_train(m: number, n: number, x: number, weight: number, bias: number, eps: number, momentum: number, running_mean: number, running_var: number, y: number, xhat: number, rstd: number, work: number): void;
  /**
   * From y = ln softmax(x) of m rows of n and dy: dx = dy − e^y · Σ dy, subnormals +0. dx may be dy or y.
   */
  log_softmax_backward(m: number, n: number, dy: number, y: number, dx: number): void;
  /**
   * y[i, :] = ln softmax(x[i, :]) over m rows of n >= 1; y may be x.
   */
  log_softmax_rows(m: number, n: number, x: number, y: number): void;
  /**
   * From y = softmax(x) of m rows of n and dy: dx = y ⊙ (dy − Σ dy ⊙ y), subnormals +0. dx may be dy or y. The sum of each
   * row in f64.
   */
  softmax_backward(m: number, n: number, dy: number, y: number, dx: number): void;
  /**
   * scores = Q·Kᵀ. work: `attentionWork(Tq, Tv, d)` bytes, Tq and Tv the most steps.
   */
  dot_scores(batch: number, sizes: number, d: number, q: number, k: number, scores: number, work: number): void;
  /**
   * From the gradient of scores: dq = dS·K and dk = dSᵀ·Q. Sequences without steps on the other side get zeros.
   */
  dot_scores_backward(batch: number, sizes: number, d: number, q: number, k: number, dscores: number, dq: number, dk: number, work: number): void;
  /**
   * scores[i, j] = Σ scale ⊙ tanh(q[i, :] + k[j, :]), rows of d floats; sizes as in dot_scores.
   */
  additive_scores(batch: number, sizes: number, d: number, q: number, k: number, scale: number, scores: number): void;
  /**
   * From the gradient of the scores: dq, dk [Σ steps, d], subnormals +0, and dscale[d] += Σ dscores · tanh(q + k), from the
   * last pair to the first.
   */
  additive_scores_backward(batch: number, sizes: number, d: number, q: number, k: number, scale: number, dscores: number, dq: number, dk: number, dscale: number): void;
  /**
   * weights = softmax(scale · scores) over the steps of the value, and o = weights · V: o [Σ query steps, dv], zeros where
   * the value has no steps. weights may be scores; sizes and work as in dot_scores, with dv for d.
   */
  attend(batch: number, sizes: number, dv: number, scale: number, scores: number, v: number, weights: number, o: number, work: number): void;
  /**
   * From do of attend: dvalue = weightsᵀ · dO, and the gradient of the scores.
   */
  attend_backward(batch: number, sizes: number, dv: number, scale: number, weights: number, v: number, dout: number, dvalue: number, dscores: number, work: number): void;
  /**
   * Gradients of `conv1d_forward`: dW and db (0 for none) are added to, from the last row to the first; dX [N, I] is
   * written, unless it is 0. dstate [B, P, I]: the gradient of `last` becomes that of `state`, zeros if dX is 0; 0 for none.
   * work: `convBackwardWork(I, O, taps, groups)` bytes.
   */
  conv1d_backward(windows: number, I: number, O: number, groups: number, x: number, state: number, w: number, dy: number, dx: number, dstate: number, dw: number, db: number, work: number): void;
  /**
   * Y[N′, O] = a convolution of X[N, I] with W[O, I / groups, taps], as torch.nn.Conv1d, + b[O] (0 for none); each output
   * is summed tap after tap, in a tap channel after channel. windows: `Windows` (conv/windows.ts). state [B, P, I]: the
   * P = (taps − 1)·dilation steps before the first one, zeros if state is 0; last: those before the end of each row, may
   * be state. work: `convWork(I, O, taps, groups)` bytes; with `packed` it still holds the weights that a call packed.
   */
  conv1d_forward(windows: number, I: number, O: number, groups: number, x: number, state: number, last: number, w: number, b: number, y: number, packed: number, work: number): void;
  /**
   * dX[N, C] = the gradient of `pool1d_forward` from dY[N′, C]. index: as forward left it, for the largest. row: C floats
   * of scratch memory, for the mean.
   */
  pool1d_backward(windows: number, kind: number, C: number, dy: number, dx: number, index: number, row: number): void;
  /**
   * Y[N′, C] = the largest of the rows of X[N, C] in each window (the first of equal ones; NaN if any is), or their mean.
   * windows: `Windows` (conv/windows.ts); each has at least one row. kind: 0 largest, 1 mean. index [N′, C]: for the
   * largest, receives the rows they come from; 0 for none.
   */
  pool1d_forward(windows: number, kind: number, C: number, x: number, y: number, index: number): void;
  /**
   * Connectionist temporal classification (Graves et al. 2006) of one sequence in log space: −ln of the probability that
   * `steps` rows of n logits, row t of them row rows[t] of x [·, n], spell s labels, blanks and repeats left out. dx, 0 to
   * leave it out, has the rows of x: scale times the gradient. work: 8·((steps + 2)·(2s + 1) + steps) bytes. Infinite if no
   * alignment is possible, the gradient NaN then. Preconditions: steps >= 1; labels and blank in 0..n−1; dx is not x.
   */
  ctc(steps: number, n: number, x: number, rows: number, s: number, labels: number, blank: number, scale: number, dx: number, work: number): number;
  /**
   * Σ |x − y| over n in f64; dx, 0 to leave it out, may be x: scale · sign(x − y), 0 where they are equal. NaN gives NaN.
   */
  mae(n: number, x: number, y: number, scale: number, dx: number): number;
  /**
   * Σ over n targets y and k quantiles q of max(q·(y − x), (q − 1)·(y − x)) in f64 (Koenker & Bassett 1978), x [n, k].
   * dx [n, k], 0 to leave it out, may be x: scale · −q below y, scale · (1 − q) above, 0 where they are equal. NaN gives NaN.
   */
  pinball(n: number, k: number, x: number, y: number, q: number, scale: number, dx: number): number;
  /**
   * As bce_with_logits over m rows of n, positive targets weighted by w[n], as torch.nn.BCEWithLogitsLoss's pos_weight:
   * Σ of (1 − y)·x + l·ln(1 + e^−x), l = 1 + (w − 1)·y, in f64. dx, 0 to leave it out, may be x: scale · (1 − y − l·σ(−x)).
   */
  weighted_bce_with_logits(m: number, n: number, x: number, y: number, w: number, scale: number, dx: number): number;
  /**
   * As cross_entropy, with a weight per class and label smoothing ε, as torch.nn.CrossEntropyLoss: Σ over m rows of
   * −(1 − ε)·w[y]·ln p[y] − ε/n·Σ_c w[c]·ln p[c], p = softmax of a row of n logits. w [n], 0 for ones. dx [m, n], 0 to
   * leave it out, may be x: its gradient times scale. Preconditions: n >= 1; targets other than `ignore` in 0..n−1.
   */
  weighted_cross_entropy(m: number, n: number, x: number, target: number, ignore: number, w: number, smoothing: number, scale: number, dx: number): number;
  /**
   * As adam_step, with the largest v so far in its place (Reddi et al. 2018); top: n floats of state.
   */
  amsgrad_step(n: number, p: number, g: number, m: number, v: number, top: number, s: number, lr: number, beta1: number, beta2: number, eps: number, weightDecay: number, decoupled: number, rate: number, root: number): void;
  /**
   * As sgd_step without nesterov: b = momentum·b + fresh·d, p −= lr·b; fresh is 1 − dampening, or 1 in the first update.
   */
  sgd_dampened_step(n: number, p: number, g: number, b: number, s: number, lr: number, momentum: number, fresh: number, weightDecay: number): void;
  /**
   * y[i, j] = a[i·lda + j·sa] ∘ b[i·ldb + j·sb] over m rows of n, y without gaps; sa and sb are 0 or 1, lda and ldb floats
   * from row to row, 0 too. ∘ by kind: 0 +; 1 −; 2 ·; 3 /; 4 the larger; 5 the smaller; 6 (a − b)². NaN gives NaN. y may be a
   * or b where that has no gaps and is not repeated.
   */
  tensor_binary(kind: number, m: number, n: number, a: number, lda: number, sa: number, b: number, ldb: number, sb: number, y: number): void;
  /**
   * y[i, j] = 1 if a[i·lda + j·sa] ∘ b[i·ldb + j·sb] is true, else 0, over m rows of n bytes without gaps. Strides in values,
   * sa and sb 0 or 1. type: of a and b, 0 f32, 1 i32, 2 bytes. ∘ by kind: 0 =; 1 ≠; 2 >; 3 ≥; 4 <; 5 ≤; 6 both not 0;
   * 7 either not 0.
   */
  tensor_compare(kind: number, type: number, m: number, n: number, a: number, lda: number, sa: number, b: number, ldb: number, sb: number, y: number): void;
  /**
   * y[i] = a[i] where the byte which[i] is not 0, else b[i]; n words.
   */
  tensor_select(n: number, which: number, a: number, b: number, y: number): void;
  /**
   * y[h·t0 + i·t1 + j·t2 + k·t3] = x[h·s0 + i·s1 + j·s2 + k·s3] for h < n0, i < n1, j < n2, k < n3. Values are words where shift is
   * 2, bytes where it is 0; strides in values, those of x may be 0. x and y apart.
   */
  tensor_copy(shift: number, n0: number, n1: number, n2: number, n3: number, x: number, s0: number, s1: number, s2: number, s3: number, y: number, t0: number, t1: number, t2: number, t3: number): void;
  /**
   * y[s, :] = Σ x[i, :] over the i with segment[i] = s, from the first i to the last, for x[m, n] and y[segments, n]; a segment
   * outside of 0..segments−1 is left out.
   */
  segment_sum(m: number, n: number, x: number, segment: number, segments: number, y: number): void;
  /**
   * y[i, j] = the largest x[i, r, j] over r, for x[m, k, n], k >= 1; NaN if any is NaN.
   */
  tensor_max(m: number, k: number, n: number, x: number, y: number): void;
  /**
   * y[i, j] = Σ x[i, r, j] over r, for x[m, k, n]: in f64, k in order. Where n is 1, four running sums, one a lane, then
   * ((l0 + l1) + (l2 + l3)). k = 0 gives 0.
   */
  tensor_sum(m: number, k: number, n: number, x: number, y: number): void;
  /**
   * y[n] = φ(x[n]); y may be x. φ by kind: 0 −x; 1 |x|; 2 x²; 3 √x; 4 1/√x; 5 1/x; 6 the largest integer that is not above x;
   * 7 the smallest that is not below; 8 the nearest, of two the even one; 9 1 where x > 0, else α; 10 x clamped to α..β;
   * 11 ln x, rounded from f64. NaN gives NaN.
   */
  tensor_unary(kind: number, alpha: number, beta: number, n: number, x: number, y: number): void;
}

/** The name of a kernel. */
export type KernelName = keyof KernelCalls;
