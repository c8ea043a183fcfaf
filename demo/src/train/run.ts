import type { Progress } from 'unrolled/worker';
import { drop, kept } from '../store.ts';
import { History } from './history.ts';
import type { Session } from './session.ts';

export type Phase = 'idle' | 'starting' | 'training' | 'paused' | 'done' | 'stopped' | 'failed';

/** What a tab brings. Settings are plain data. */
export interface Task<Settings> {
  /** Under which it is kept. */
  readonly name: string;
  /** A model in its worker: a new one, or one that continues from a checkpoint. */
  readonly open: (settings: Settings, checkpoint?: Uint8Array) => Promise<Session>;
  /** Shows what the model can do by now; called again and again while it trains. */
  readonly look: (session: Session) => Promise<void>;
  readonly changed: (run: Shown) => void;
}

/** What a panel shows and does of a run. */
export type Shown = Pick<
  Run<unknown>,
  'phase' | 'progress' | 'history' | 'session' | 'message' | 'pause' | 'resume' | 'stop'
>;

interface Kept<Settings> {
  readonly settings: Settings;
  readonly checkpoint: Uint8Array;
  readonly steps: number[];
  readonly losses: number[];
}

/** Time between looks, and between checkpoints while training, in ms. */
const LOOK_MS = 1000;
const KEEP_MS = 10_000;

/** Training as a person sees it: start, pause, resume, stop; kept from one visit to the next. */
export class Run<Settings> {
  phase: Phase = 'idle';
  readonly history = new History();
  progress: Progress | undefined;
  session: Session | undefined;
  message = '';
  #settings: Settings | undefined;
  readonly #task: Task<Settings>;
  #fitting = false;

  constructor(task: Task<Settings>) {
    this.#task = task;
  }

  /** Starts anew. */
  async start(settings: Settings): Promise<void> {
    this.#leave();
    this.history.clear();
    this.progress = undefined;
    this.#settings = settings;
    await this.#guard(async () => {
      this.#turn('starting');
      this.session = await this.#task.open(settings);
      this.#train();
    });
  }

  /** What was kept at the last visit, paused; gives its settings. */
  async recall(): Promise<Settings | undefined> {
    const found = (await kept(this.#task.name)) as Kept<Settings> | undefined;
    if (!found || this.phase !== 'idle') return undefined;
    this.#turn('starting');
    try {
      this.session = await this.#task.open(found.settings, found.checkpoint);
    } catch {
      // of another version of the page
      await drop(this.#task.name);
      this.#turn('idle');
      return undefined;
    }
    this.#settings = found.settings;
    this.history.steps = found.steps;
    this.history.losses = found.losses;
    this.#turn(this.session.trainer.steps < this.session.updates ? 'paused' : 'done');
    this.#guard(() => this.look());
    return found.settings;
  }

  async pause(): Promise<void> {
    await this.#guard(async () => {
      await this.session!.trainer.pause();
      this.#turn('paused');
      await this.#keep();
      await this.look();
    });
  }

  async resume(): Promise<void> {
    await this.#guard(async () => {
      await this.session!.trainer.resume();
      if (this.#fitting) {
        this.#turn('training');
        this.#watch();
      } else this.#train();
    });
  }

  /** Ends the training, not the model: it can still be asked. */
  async stop(): Promise<void> {
    await this.#guard(async () => {
      this.session!.stop();
      await drop(this.#task.name);
      if (!this.#fitting) this.#turn('stopped');
    });
  }

  async look(): Promise<void> {
    if (this.session) await this.#task.look(this.session);
  }

  #train(): void {
    const session = this.session!;
    const mine = () => this.session === session;
    this.#turn('training');
    this.#fitting = true;
    const end = session.run((progress) => {
      if (!mine()) return;
      this.progress = progress;
      this.history.add(progress.step, progress.losses);
      this.#task.changed(this);
    });
    this.#watch();
    void this.#guard(async () => {
      const whole = await end;
      if (!mine()) return;
      this.#fitting = false;
      this.#turn(whole ? 'done' : 'stopped');
      if (whole) await this.#keep();
      await this.look();
    });
  }

  /** Looks, and keeps a checkpoint, while it trains. */
  async #watch(): Promise<void> {
    const session = this.session!;
    let last = performance.now();
    await this.#guard(async () => {
      while (this.session === session && this.phase === 'training') {
        await this.#task.look(session);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        if (performance.now() - last < KEEP_MS || this.phase !== 'training') continue;
        last = performance.now();
        await this.#keep();
      }
    });
  }

  async #keep(): Promise<void> {
    const { session, history } = this;
    const { steps, losses } = history;
    const besides = { settings: this.#settings, steps, losses };
    await session!.trainer.run('keepRun', this.#task.name, besides);
    // stopped meanwhile
    if (this.phase === 'stopped') await drop(this.#task.name);
  }

  #leave(): void {
    this.session?.close();
    this.session = undefined;
    this.#fitting = false;
  }

  #turn(phase: Phase, message = ''): void {
    this.phase = phase;
    this.message = message;
    this.#task.changed(this);
  }

  /** What fails is told to the person, unless it is that the worker was left. */
  async #guard(work: () => Promise<void>): Promise<void> {
    const { session } = this;
    try {
      await work();
    } catch (error) {
      if (session && session !== this.session) return;
      this.#leave();
      this.#turn('failed', error instanceof Error ? error.message : String(error));
    }
  }
}
