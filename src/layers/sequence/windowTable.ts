import type { LayerScope } from '../../engine/layer.ts';
import type { Rows } from '../../engine/rows.ts';
import type { MemoryArena } from '../../memory/arena.ts';
import type { Region } from '../../memory/layout.ts';
import { Struct, wordsOf } from '../../memory/struct.ts';
import { Windows } from '../../wasm/generated/structs.ts';
import type { Windowing } from './geometry.ts';

/** Where the windows of a plan's rows lie, as kernels read it (assembly/conv/windows.ts). */
export class WindowTable {
  readonly #arena: MemoryArena;
  readonly #rows: Rows;
  readonly #windows: Windowing;
  readonly #struct: Struct<typeof Windows>;
  readonly #starts: Region;
  readonly #outStarts: Region;
  readonly #lefts: Region;
  readonly #lengths: Region;
  /** Rows of the output, since the last `write`. */
  count = 0;

  /** @param outSteps of the output, at most */
  constructor(scope: LayerScope, windows: Windowing, outSteps: number) {
    const { arena, rows, steps, batch } = scope;
    this.#arena = arena;
    this.#rows = rows;
    this.#windows = windows;
    this.#struct = new Struct(arena, scope.keep('windows', wordsOf(Windows)), Windows);
    this.#starts = scope.keep('first rows of steps', steps + 1);
    this.#outStarts = scope.keep('first rows of output steps', outSteps + 1);
    this.#lefts = scope.keep('padding of rows', batch);
    this.#lengths = scope.keep('lengths of rows', batch);
  }

  /** Writes the table of the current rows and returns its pointer. `size`: of a window. */
  write(size = this.#windows.size): number {
    const rows = this.#rows;
    const windows = this.#windows;
    const { batch, steps } = rows;
    const memory = this.#arena.i32;
    const sizes = rows.sizes / 4;
    const starts = this.#starts.ptr / 4;
    memory[starts] = 0;
    for (let t = 0; t < steps; t++)
      memory[starts + t + 1] = memory[starts + t]! + (sizes ? memory[sizes + t]! : batch);
    const lefts = this.#lefts.ptr / 4;
    const lengths = this.#lengths.ptr / 4;
    for (let b = 0; b < batch; b++) {
      const length = sizes ? rows.lengths![rows.order![b]!]! : steps;
      memory[lengths + b] = length;
      memory[lefts + b] = windows.left(length);
    }
    const outT = windows.steps(steps);
    const outStarts = this.#outStarts.ptr / 4;
    memory[outStarts] = 0;
    // rows are sorted by length, and so by the number of windows
    for (let t = 0, m = batch; t < outT; t++) {
      while (m > 0 && windows.steps(memory[lengths + m - 1]!) <= t) m--;
      memory[outStarts + t + 1] = memory[outStarts + t]! + m;
    }
    this.count = memory[outStarts + outT]!;
    const descriptor = this.#struct;
    descriptor.set('T', steps);
    descriptor.set('outT', outT);
    descriptor.set('B', batch);
    descriptor.set('full', sizes ? 0 : batch);
    descriptor.set('starts', this.#starts.ptr);
    descriptor.set('outStarts', this.#outStarts.ptr);
    descriptor.set('lefts', this.#lefts.ptr);
    descriptor.set('lengths', this.#lengths.ptr);
    descriptor.set('taps', size);
    descriptor.set('stride', windows.stride);
    descriptor.set('dilation', windows.dilation);
    return descriptor.write();
  }
}
