import type { Activation } from '../../src/activations.ts';

export type Cell = 'rnn' | 'lstm' | 'gru' | 'mingru' | 'minlstm' | 'indrnn' | 'sru';

/** lstm: i f g o, h = what c goes through on its way to the output. gru: r z n. */
export type Gate = 'i' | 'f' | 'g' | 'o' | 'h' | 'r' | 'z' | 'n';

/** Sizes of a stack of cells. D = 2 if bidirectional, else 1; out = projSize or H. */
export interface CellSizes {
  batch: number;
  inputSize: number;
  hiddenSize: number;
  numLayers?: number;
  bidirectional?: boolean;
  bias?: boolean;
  projSize?: number;
}

/** The keys of fixtures (../fixtures/README.md), and more. */
export interface ConfigurableCell extends CellSizes {
  cell: Cell;
  /** rnn (default tanh) and indrnn (default relu). */
  nonlinearity?: Activation;
  /** gru: default true. */
  resetAfter?: boolean;
  peephole?: boolean;
  coupled?: boolean;
  /** Every gate's pre-activation, complete as it meets its activation, clamped to ±clip. */
  clip?: number;
  layerNorm?: boolean;
  activation?: Activation;
  recurrentActivation?: Activation;
  /** Where a gate differs from `activation` (g h n) and `recurrentActivation` (i f o r z). */
  activations?: Partial<Record<Gate, Activation>>;
  /** weight_hh is block-diagonal, stored as [G·H, out/heads]: a unit sees the outputs of its own head. */
  heads?: number;
  /** Of the directions, at every layer; default concat. */
  merge?: 'concat' | 'sum' | 'mul' | 'ave';
}

const gateCounts = { rnn: 1, lstm: 4, gru: 3, mingru: 2, minlstm: 3, indrnn: 1 };

export function gateCount(cell: Cell, hiddenSize: number, layerInput: number): number {
  if (cell !== 'sru') return gateCounts[cell];
  return layerInput === hiddenSize ? 3 : 4;
}

/** The width of what layer `layer` takes. */
export function layerInput(config: ConfigurableCell, layer: number): number {
  return layer === 0 ? config.inputSize : outputWidth(config);
}

/** The width of what every layer gives. */
export function outputWidth({ hiddenSize, projSize, bidirectional, merge }: ConfigurableCell): number {
  return (projSize || hiddenSize) * (bidirectional && (merge ?? 'concat') === 'concat' ? 2 : 1);
}

/** `l0`, `l0_reverse`, `l1`, … */
export function suffixes({ numLayers = 1, bidirectional }: ConfigurableCell): string[] {
  const layers = Array.from({ length: numLayers }, (_, l) => `l${l}`);
  return bidirectional ? layers.flatMap((l) => [l, `${l}_reverse`]) : layers;
}

/** Shapes by name; a vector is [1, n]. */
export function parameterShapes(config: ConfigurableCell): Record<string, readonly [number, number]> {
  const { cell, hiddenSize: H, projSize = 0, bias = true, heads = 1, bidirectional } = config;
  const shapes: Record<string, readonly [number, number]> = {};
  for (const [index, k] of suffixes(config).entries()) {
    const I = layerInput(config, bidirectional ? index >> 1 : index);
    const rows = gateCount(cell, H, I) * H;
    const dense = cell === 'rnn' || cell === 'lstm' || cell === 'gru';
    shapes[`weight_ih_${k}`] = [rows, I];
    if (dense) shapes[`weight_hh_${k}`] = [rows, (projSize || H) / heads];
    if (cell === 'indrnn') shapes[`weight_hh_${k}`] = [1, H];
    if (cell === 'sru') shapes[`weight_c_${k}`] = [1, 2 * H];
    if (bias) shapes[`bias_ih_${k}`] = [1, cell === 'sru' ? 2 * H : rows];
    if (bias && dense) shapes[`bias_hh_${k}`] = [1, rows];
    if (projSize) shapes[`weight_hr_${k}`] = [projSize, H];
    if (config.peephole) for (const g of ['ci', 'cf', 'co']) shapes[`weight_${g}_${k}`] = [1, H];
    if (config.layerNorm) {
      for (const part of cell === 'lstm' ? ['ih', 'hh', 'c'] : ['ih', 'hh']) {
        const n = part === 'c' ? H : rows;
        shapes[`ln_${part}_weight_${k}`] = [1, n];
        shapes[`ln_${part}_bias_${k}`] = [1, n];
      }
    }
  }
  return shapes;
}

/** Options by cell; all others than these and the sizes are of every cell. */
const only: Partial<Record<keyof ConfigurableCell, readonly Cell[]>> = {
  projSize: ['lstm'],
  nonlinearity: ['rnn', 'indrnn'],
  resetAfter: ['gru'],
  peephole: ['lstm'],
  coupled: ['lstm'],
  clip: ['rnn', 'lstm', 'gru', 'indrnn'],
  layerNorm: ['rnn', 'lstm', 'gru'],
  activation: ['lstm', 'gru'],
  recurrentActivation: ['lstm', 'gru'],
  activations: ['lstm', 'gru'],
  heads: ['rnn', 'lstm', 'gru'],
};

/** Throws where an option would be passed over. */
export function checkOptions(config: ConfigurableCell): void {
  for (const [key, cells] of Object.entries(only)) {
    if (config[key as keyof ConfigurableCell] && !cells.includes(config.cell)) {
      throw new Error(`${config.cell} has no ${key}`);
    }
  }
  if (config.layerNorm && config.resetAfter === false) throw new Error('layerNorm needs resetAfter');
}
