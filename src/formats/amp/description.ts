/** A tensor of a description: row-major. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** A layer as data: the class here, its constructor's options, and its parameters by torch.nn's names. */
export interface AmpLayer {
  readonly type: 'LSTM' | 'GRU' | 'RNN' | 'Linear' | 'Conv1d' | 'BatchNorm' | 'Activation';
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, Numbers>>;
}

/** What a file of an amplifier model says. */
export interface AmpDescription {
  readonly format: 'NAM' | 'GuitarML' | 'RTNeural' | 'state dict';
  /** Input channels: the signal, then knobs. */
  readonly inputSize: number;
  /** Layers one after the other. */
  readonly layers: readonly AmpLayer[];
  /** Number of input channels that are added to the output: y = x + head(h). 0 for none. */
  readonly skip: number;
  /** Initial states [features] by layer, state and stacked layer, such as `0.h_l0`. Zeros where it has none. */
  readonly states: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  /** In Hz, if the file says it. */
  readonly sampleRate: number | undefined;
  /** Texts and numbers besides, such as name and gains, as the file has them. */
  readonly metadata: Readonly<Record<string, string>>;
}
