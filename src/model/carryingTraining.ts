import { moveState } from '../engine/batchIO.ts';
import type { Plan } from '../engine/plan.ts';
import { BATCH_FIRST, FormatError, ShapeError, show } from '../errors.ts';
import type { Layout, Region } from '../memory/layout.ts';
import type { Batch } from './core/batch.ts';
import type { Files, SavedStates, StatesInFile, TakeTensor } from './core/save.ts';
import { Training } from './core/training.ts';
import { FILES } from './files.ts';
import { StateRoom } from './stateRoom.ts';

/** Last states of a step, one region a state slot. */
interface Carried {
  readonly batch: number;
  readonly states: readonly Region[];
}

/** Updates of the whole package: with `carryState` each starts from the states in which the one before it ended. */
export class CarryingTraining extends Training {
  readonly files: Files = FILES;
  /** Whether states are carried from step to step. */
  carries = false;
  /** Last states of the last step; undefined when the next step starts from zeros. */
  carried: Carried | undefined;
  readonly #room = this.stateRoom();

  resetState(): void {
    this.network.free('resetState');
    this.carried = undefined;
  }

  /** Memory for the states of the given number of rows. */
  #roomFor(batch: number): readonly Region[] {
    return this.#room.take(batch)[0]!;
  }

  /** Memory for the states that a batch ends in; undefined where none are carried. @throws {ShapeError} another batch */
  roomNow({ x: { batch, steps } }: Batch): readonly Region[] | undefined {
    if (!this.carries) return undefined;
    if (this.carried && this.carried.batch !== batch) {
      const hint = this.carried.batch === steps ? BATCH_FIRST : '';
      throw new ShapeError('x', `batch ${this.carried.batch}, as before`, `batch ${batch}${hint}`);
    }
    return this.#roomFor(batch);
  }

  /** Has the next step start from what was written to the room for `batch` rows. */
  carry(batch: number): void {
    if (this.carried?.batch !== batch) this.carried = { batch, states: this.#roomFor(batch) };
  }

  /** Shapes [B, H] of all states, in the order in which they are carried. */
  protected stateShapes(batch: number): (readonly number[])[] {
    const plan = this.network.preview({ steps: 1, batch: 1, training: false, targets: 'none' });
    return plan.states.map(({ initial }) => [batch, ...initial.shape.slice(1)]);
  }

  layoutStates(layout: Layout, batch: number): Region[] {
    return this.stateShapes(batch).map((shape) => layout.take('carried state', ...shape));
  }

  /** Room for states of the model, apart from those carried. */
  stateRoom(): StateRoom {
    return new StateRoom(this.network, (layout, rows) => this.layoutStates(layout, rows));
  }

  protected override reserve(batch: Batch): void {
    this.roomNow(batch);
  }

  protected override layout(layout: Layout, batch: number): void {
    if (this.carries) this.#room.lay(layout, batch, 1);
  }

  /** The states that a batch starts from, undefined for zeros. */
  initialStates(_batch: Batch): readonly Region[] | undefined {
    return this.carried?.states;
  }

  protected override start(plan: Plan, batch: Batch): void {
    this.startFrom(plan, this.initialStates(batch));
  }

  /** Sets the initial states: copies, or zeros. */
  protected startFrom(plan: Plan, states: readonly Region[] | undefined): void {
    const { arena } = this.network;
    for (let i = 0; i < plan.states.length; i++) {
      const { initial } = plan.states[i]!;
      if (states) moveState(arena, plan.stateRows?.[i] ?? plan.rows, initial, states[i]!, 'slot');
      else arena.clear(initial);
    }
  }

  /** Copies the last states. */
  protected endIn(plan: Plan, states: readonly Region[]): void {
    for (let i = 0; i < plan.states.length; i++) {
      const rows = plan.stateRows?.[i] ?? plan.rows;
      moveState(this.network.arena, rows, plan.states[i]!.final, states[i]!, 'other');
    }
  }

  protected override finish(plan: Plan, batch: Batch): void {
    const states = this.roomNow(batch);
    if (!states) return;
    this.endIn(plan, states);
    this.carry(batch.x.batch);
  }

  /** The states carried, as they are saved. */
  savedStates(): SavedStates | undefined {
    const { arena } = this.network;
    return (
      this.carried && {
        batch: this.carried.batch,
        states: this.carried.states.map((region) => ({ shape: region.shape, data: arena.read(region) })),
      }
    );
  }

  /** Checks the states in a file. @throws {FormatError} if they are not those of the model */
  readStates(batch: unknown, take: TakeTensor): StatesInFile {
    if (batch !== undefined && !(Number.isSafeInteger(batch) && (batch as number) >= 1))
      throw new FormatError(`checkpoint: invalid batch ${show(batch)} of carried states`);
    const rows = batch as number | undefined;
    const shapes = rows === undefined ? [] : this.stateShapes(rows);
    const states = shapes.map((shape, i) => take(`carried.${i}`, shape));
    const carry = this.carries ? rows : undefined;
    return {
      reserve: () => {
        if (carry !== undefined) this.#roomFor(carry);
      },
      write: () => {
        this.carried = undefined;
        if (carry === undefined) return;
        for (const [i, region] of this.#roomFor(carry).entries())
          this.network.arena.write(region, states[i]!);
        this.carry(carry);
      },
    };
  }
}
