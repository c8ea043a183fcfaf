export type Name = 'RNN' | 'LSTM';

/** Letters of a sample. */
export const LENGTH = 56;

/** What one network does with the letters that are shown. */
export interface Look {
  /** Mean of the last updates, in nats a letter. */
  readonly loss: number;
  /** The likeliest letter after each, and how likely it is. */
  readonly guesses: readonly { readonly letter: string; readonly share: number }[];
  /** h after each letter, [T, units], −127…127. */
  readonly units: Int8Array;
  /** [T, T]: of the loss of guess k, the gradient with respect to letter t, as a share of that of letter k. */
  readonly reach: Float32Array;
}

export interface Looks {
  readonly step: number;
  readonly letters: string;
  /** What follows each of them. */
  readonly next: string;
  readonly networks: Readonly<Record<Name, Look>>;
}

export interface Sample {
  readonly step: number;
  readonly RNN: string;
  readonly LSTM: string;
}

export type Ask =
  | { readonly kind: 'go' }
  | { readonly kind: 'rest' }
  /** Another text to learn; with none, that of the page. */
  | { readonly kind: 'learn'; readonly text: string };

export type Told =
  | ({ readonly kind: 'looks' } & Looks)
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'failed'; readonly error: string };
