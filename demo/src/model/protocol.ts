import type { LayerRow, Operator, Port } from '../../../dist/modelFiles/opened.js';

/** A file that a person gave. */
export interface Given {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A layer as a box of the drawing. */
export interface Box {
  readonly name: string;
  readonly type: string;
  /** Such as `[T, B, 64]`. */
  readonly shape: string;
  readonly parameters: string;
  /** Names of the boxes it reads; empty for the one before. */
  readonly reads: string;
}

/** What a file is: plain data. */
export interface Described {
  readonly file: { readonly name: string; readonly format: string; readonly bytes: number };
  readonly parameters: number;
  readonly layers: readonly LayerRow[];
  /** Of a layers model. */
  readonly boxes: readonly Box[];
  /** Of a graph that is no layers model. */
  readonly operators: readonly Operator[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[];
  }[];
  readonly sections: readonly { readonly title: string; readonly rows: readonly (readonly string[])[] }[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly runs: boolean;
  readonly trains: boolean;
  /** Why it does not run or train. */
  readonly whyNot: string;
  /** Endings that it can be saved as. */
  readonly saves: readonly string[];
}

/** How one output of a run looks. */
export interface Shown {
  readonly name: string;
  readonly dims: readonly number[];
  readonly low: number;
  readonly high: number;
  /** The first ones. */
  readonly values: readonly number[];
}

export interface Ran {
  /** Median time of a run. */
  readonly ms: number;
  readonly runs: number;
  readonly inputs: readonly { readonly name: string; readonly dims: readonly number[] }[];
  readonly outputs: readonly Shown[];
}

/** What the page asks of its worker, and what it gets. */
export interface Calls {
  open(files: readonly Given[]): Described;
  run(): Ran;
  /** `csv`: else data are made up. */
  train(csv: string | undefined, steps: number): { readonly trained: number };
  save(ending: string): Uint8Array<ArrayBuffer>;
}

export type Ask = {
  [K in keyof Calls]: { readonly call: K; readonly given: Parameters<Calls[K]> };
}[keyof Calls];

export type Answer =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'losses'; readonly step: number; readonly losses: readonly number[] };
