import type { MemoryArena } from '../memory/arena.ts';
import type { Region } from '../memory/layout.ts';
import { MOVE_COPY as COPY } from '../wasm/generated/constants.ts';
import type { JoinInput, JoinLayer } from './join.ts';
import type { Layer, LayerScope, Lookup, Pass, StateSlot } from './layer.ts';
import type { Rows } from './rows.ts';
import type { Slot } from './slots.ts';

/** A value of a graph in a plan. */
export interface Placed {
  /** Floats, or indices, per row. */
  readonly width: number;
  readonly rows: Rows;
  /** Set when the step that writes it is laid out. */
  region: Region;
  /** For inference: the slot of the region. */
  slot: Slot | undefined;
  /** Whether a gradient goes to it. */
  readonly needsGradient: boolean;
  gradient: Slot | undefined;
}

/** One step of a plan, and what it reads and writes. */
export interface Step {
  readonly laid: Laid;
  readonly reads: readonly Placed[];
  readonly writes: readonly Placed[];
  /** Whether it has parameters or passes a gradient on. */
  readonly hasGradient: boolean;
  /** Whether it runs at each step of a stream. */
  readonly streamed: boolean;
  /** Index of its layer; −1 for none. */
  readonly place: number;
  /** Index of the embedding that it looks up itself; −1 for none. */
  readonly table: number;
  /** Whether its layer has run before in the same pass. */
  readonly again: boolean;
}

/** A step of a plan, laid out. Pointers of gradients are those of what it writes and of what it reads; 0 to skip one. */
export interface Laid {
  readonly passes: readonly Pass[];
  /** Regions of what it writes. */
  readonly outputs: readonly Region[];
  /** Sets initial states of `count` rows. */
  start?(first: number, count: number): void;
  forward(packed: boolean): void;
  /** Lengths of memory that `backward` needs for itself. */
  readonly spare: readonly number[];
  backward(dy: readonly number[], dx: readonly number[], spare: readonly number[], finish: boolean): void;
  /** States whose initial values are not those of a node. */
  readonly states: readonly StateSlot[];
}

/** States of a pass by name: index in `reads` or `writes`, and the columns of its slots. */
interface Columns {
  readonly slot: StateSlot;
  /** Index of the vector of all slots of this state. */
  readonly index: number;
  readonly offset: number;
  /** Columns of the vector. */
  readonly width: number;
}

function columnsOf(passes: readonly Pass[], names: readonly string[]): Columns[] {
  return names.flatMap((name, index) => {
    const slots = passes.flatMap(({ states }) => states.filter((slot) => slot.name === name));
    const width = slots.reduce((sum, { initial }) => sum + initial.shape[1]!, 0);
    let offset = 0;
    return slots.map((slot) => {
      const at = offset;
      offset += slot.initial.shape[1]!;
      return { slot, index, offset: at, width };
    });
  });
}

/** A layer with one input; reads that and then initial states, writes the output and then last states. */
export function layerStep(
  layer: Layer,
  scope: LayerScope,
  x: Region,
  lookup: Lookup | undefined,
  initial: readonly (readonly [name: string, from: Placed])[],
  final: readonly (readonly [name: string, length: number])[],
): Laid {
  const { arena, kernels, rows, training } = scope;
  const passes = layer.reserve(scope, x, lookup);
  const last = passes.length - 1;
  const { output } = passes[last]!;
  const into = columnsOf(
    passes,
    initial.map(([name]) => name),
  );
  const from = columnsOf(
    passes,
    final.map(([name]) => name),
  );
  const finals = final.map(([name, width]) => scope.keep(`last ${name}`, scope.batch, width));
  const read = ({ slot, offset, width }: Columns, vector: number, to: Region, first = 0, n = rows.batch) => {
    const W = slot.initial.shape[1]!;
    const at = vector + 4 * (first * width + offset);
    kernels.move_rows(n, W, at, width, 0, to.ptr + 4 * first * W, W, COPY);
  };
  const write = ({ slot, offset, width }: Columns, vector: number, state: Region) => {
    const W = slot.initial.shape[1]!;
    kernels.move_rows(rows.batch, W, state.ptr, W, 0, vector + 4 * offset, width, COPY);
  };
  const start = (first: number, count: number) => {
    for (let i = 0; i < into.length; i++) {
      const column = into[i]!;
      read(column, initial[column.index]![1].region.ptr, column.slot.initial, first, count);
    }
  };
  const given = new Set(into.map(({ slot }) => slot));
  const taken = new Set(from.map(({ slot }) => slot));
  const untaken = into.filter(({ slot }) => !taken.has(slot));
  const widest = training ? Math.max(0, ...passes.slice(0, -1).map(({ output: { length } }) => length)) : 0;
  return {
    passes,
    outputs: [output, ...finals],
    // in a stream initial states are set once, and the states go on from them
    states: passes.flatMap(({ states }) => states.filter((slot) => scope.stream || !given.has(slot))),
    start,
    forward: (packed) => {
      for (let i = 0; i < passes.length; i++) passes[i]!.forward(packed);
      for (let i = 0; i < from.length; i++) {
        write(from[i]!, finals[from[i]!.index]!.ptr, from[i]!.slot.final);
      }
    },
    spare: passes.slice(1, 3).map(() => widest),
    backward: (dy, dx, spare, finish) => {
      for (let i = 0; i < from.length; i++) read(from[i]!, dy[1 + from[i]!.index]!, from[i]!.slot.gradient!);
      for (let i = 0; i < untaken.length; i++) arena.clear(untaken[i]!.slot.gradient!);
      let at = dy[0]!;
      for (let i = last; i >= 0; i--) {
        const to = i > 0 ? spare[(last - i) % 2]! : dx[0]!;
        passes[i]!.backward(at, to, finish);
        at = to;
      }
      for (let i = 0; i < into.length; i++) {
        const to = dx[1 + into[i]!.index]!;
        if (to) write(into[i]!, to, into[i]!.slot.gradient!);
      }
    },
  };
}

/** A layer with several inputs. */
export function joinStep(layer: JoinLayer, scope: LayerScope, inputs: readonly JoinInput[]): Laid {
  const pass = layer.reserveJoin(scope, inputs);
  const { output } = pass;
  const shown: Pass = {
    output,
    states: [],
    begin: () => pass.begin?.(),
    forward: (packed) => pass.forward(packed),
    backward: () => {},
    end: () => pass.end?.() ?? 0,
  };
  return {
    passes: [shown],
    outputs: [output],
    states: [],
    forward: shown.forward,
    spare: [],
    backward: (dy, dx) => pass.backward(dy[0]!, dx),
  };
}

/** Brings the rows of a vector to another order. index, back: for each row of the one the row of the other. */
export function permuteStep(
  { kernels }: MemoryArena,
  batch: number,
  from: Placed,
  output: Region,
  index: Region,
  back: Region,
): Laid {
  const W = from.width;
  const move = (x: number, { ptr }: Region, y: number) => kernels.move_rows(batch, W, x, W, ptr, y, W, COPY);
  return {
    passes: [],
    outputs: [output],
    states: [],
    forward: () => move(from.region.ptr, index, output.ptr),
    spare: [],
    backward: (dy, dx) => {
      if (dx[0]) move(dy[0]!, back, dx[0]);
    },
  };
}

/** Each direction's last output of concatenated directions: of the reverse direction that at the first step. */
export function lastDirectionsStep(scope: LayerScope, x: Region, forwardSize: number): Laid {
  const { arena, kernels, rows } = scope;
  const W = x.shape.at(-1)!;
  const back = W - forwardSize;
  const last = scope.lastRows();
  const output = scope.output('last step', 1, scope.batch, W);
  const side = 4 * forwardSize;
  return {
    passes: [],
    outputs: [output],
    states: [],
    forward: () => {
      const n = rows.rowsWithSteps;
      if (n < rows.batch) arena.clear(output);
      kernels.move_rows(n, forwardSize, x.ptr, W, last.ptr, output.ptr, W, COPY);
      kernels.move_rows(n, back, x.ptr + side, W, 0, output.ptr + side, W, COPY);
    },
    spare: [],
    backward: (dy, dx) => {
      if (!dx[0]) return;
      const n = rows.rowsWithSteps;
      const { f32, i32 } = arena;
      kernels.vec_fill(rows.count * W, 0, dx[0]);
      for (let b = 0; b < n; b++) {
        const to = dx[0] / 4 + i32[last.ptr / 4 + b]! * W;
        const from = dy[0]! / 4 + b * W;
        f32.copyWithin(to, from, from + forwardSize);
        f32.copyWithin(dx[0] / 4 + b * W + forwardSize, from + forwardSize, from + W);
      }
    },
  };
}
