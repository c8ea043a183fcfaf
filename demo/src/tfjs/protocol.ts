export type Backend = 'wasm' | 'cpu' | 'webgl';
export type Kind = 'lstm' | 'gru' | 'simpleRNN';

/** To a worker that trains with TensorFlow.js. */
export interface Asked {
  readonly install: boolean;
  /** Of TensorFlow.js, where `install` does not choose its own. */
  readonly backend: Backend;
  readonly kind: Kind;
  readonly units: number;
  readonly steps: number;
}

export interface Sum {
  readonly question: string;
  readonly answer: string;
  readonly right: boolean;
}

/** From it. */
export type Told =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'steps';
      /** Of the steps since the last message. */
      readonly losses: readonly number[];
      /** Seconds since training began, after each of them. */
      readonly seconds: readonly number[];
      /** Median time of all steps, in ms. */
      readonly ms: number;
    }
  | { readonly kind: 'sums'; readonly sums: readonly Sum[] }
  | { readonly kind: 'end'; readonly error?: string };
