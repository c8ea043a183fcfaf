import { known } from '../onnxSession/node.ts';
import type { Value } from '../onnxSession/value.ts';
import type { Cell, Linear, Row } from './cell.ts';
import type { Expression } from './expression.ts';

/** A sequence that a cell reads, with the first of its rows in W. */
export interface Source {
  readonly of: Expression;
  readonly from: number;
  readonly width: number;
}

/** Sequences that the gates of a cell read, one after the other. */
export function sourcesOf(cell: Cell, H: number): { sources: Source[]; width: number } {
  const sources: Source[] = [];
  let width = 0;
  for (const { of, matrix } of cell.gates.flatMap(({ inputs }) => inputs)) {
    if (sources.some((source) => source.of === of)) continue;
    const own = matrix ? matrix.rows : H;
    sources.push({ of, from: width, width: own });
    width += own;
  }
  return { sources, width };
}

/** Adds products' matrices to those of the gates, [G · H, columns]. */
function addLinear(to: Float32Array, g: number, H: number, columns: number, from: number, own: Linear): void {
  const { sign, matrix } = own;
  for (let j = 0; j < H; j++) {
    const row = (g * H + j) * columns + from;
    if (!matrix) {
      to[row + j]! += sign;
      continue;
    }
    const { data, at, row: down, column, scale, rows } = matrix;
    for (let i = 0; i < rows; i++) to[row + i]! += sign * scale * data[at + i * down + j * column]!;
  }
}

function addRow(to: Float32Array, at: number, H: number, { sign, data, at: from }: Row): void {
  for (let j = 0; j < H; j++) to[at + j]! += sign * data[data.length === 1 ? 0 : from + j]!;
}

/** Inputs W, R, B and P of the operator that a cell becomes. */
export function weightsOf(cell: Cell, H: number): (Value | undefined)[] {
  const G = cell.gates.length;
  const { sources, width: I } = sourcesOf(cell, H);
  const [W, R, B, P] = [G * H * I, G * H * H, 2 * G * H, 3 * H].map((size) => new Float32Array(size)) as [
    Float32Array<ArrayBuffer>,
    Float32Array<ArrayBuffer>,
    Float32Array<ArrayBuffer>,
    Float32Array<ArrayBuffer>,
  ];
  for (const [g, gate] of cell.gates.entries()) {
    for (const own of gate.inputs) {
      const { from } = sources.find(({ of }) => of === own.of)!;
      addLinear(W, g, H, I, from, own);
    }
    for (const own of gate.recurrent) addLinear(R, g, H, H, 0, own);
    for (const own of gate.bias) addRow(B, g * H, H, own);
    for (const own of gate.inner) addRow(B, (G + g) * H, H, own);
    for (const own of gate.peephole) addRow(P, g * H, H, own);
  }
  const list = (data: Float32Array<ArrayBuffer>, shape: number[]) => known(data, 1, shape);
  const all = cell.gates.flatMap(({ bias, inner }) => [...bias, ...inner]);
  return [
    list(W, [1, G * H, I]),
    list(R, [1, G * H, H]),
    all.length ? list(B, [1, 2 * G * H]) : undefined,
    cell.gates.some(({ peephole }) => peephole.length) ? list(P, [1, 3 * H]) : undefined,
  ];
}
