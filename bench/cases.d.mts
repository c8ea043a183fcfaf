export interface SequenceShape {
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
}

export interface MatrixShape {
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

export interface Case {
  /** Work and shape; unique. */
  readonly name: string;
  readonly work: string;
  readonly kind:
    | 'matmul'
    | 'map'
    | 'step'
    | 'forward'
    | 'train'
    | 'conv-forward'
    | 'conv-train'
    | 'amp'
    | 'char-lm';
  readonly cell?: 'rnn' | 'lstm' | 'gru';
  readonly shape: SequenceShape | MatrixShape;
  /** Counted for one run. */
  readonly flops: number;
  /** Read and written by one run, where that is the measure. */
  readonly bytes?: number;
  /** Whether the right-hand matrix is known beforehand, as weights are. */
  readonly constant?: boolean;
  readonly vanishing?: boolean;
  /** Steps of a convolution's kernel. */
  readonly taps?: number;
  readonly vocabulary?: number;
}

export interface Values {
  readonly data: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

export const cases: readonly Case[];
export function recurrentFlops(
  cell: 'rnn' | 'lstm' | 'gru',
  shape: SequenceShape,
  training?: boolean,
): number;
export function select(names?: readonly string[]): readonly Case[];
export function data(c: Case): Record<string, Values>;
export function checkedRuns(c: Case): number;
export function joined(...arrays: Float32Array[]): Float32Array;
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array;
