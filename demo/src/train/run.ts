import type { Progress } from 'unrolled/worker';
import { reasonOf } from '../store.ts';
import type { Form } from '../ui/form.ts';
import { History } from './history.ts';
import { type Kept, mayOpenLater, readKept } from './kept.ts';
import { RunRecord } from './record.ts';
import type { Session } from './session.ts';

export type Phase = 'idle' | 'starting' | 'training' | 'paused' | 'done' | 'stopped' | 'failed';

/** What a phase may become. Any may become `starting` or `failed`, which end what was. */
const NEXT: Readonly<Record<Phase, readonly Phase[]>> = {
  idle: [],
  starting: ['idle', 'training', 'paused', 'done'],
  training: ['paused', 'done', 'stopped'],
  paused: ['training', 'done', 'stopped'],
  done: [],
  stopped: [],
  failed: [],
};

/** What a tab trains. */
interface Trainable {
  /** A model in its worker: a new one, or one that continues from a checkpoint. `signal` ends it. */
  open(signal: AbortSignal, checkpoint?: Uint8Array): Promise<Session>;
}

/** What a tab brings. Settings are plain data. */
export interface Task<Settings extends object, Made extends Trainable> {
  /** Under which it is kept. */
  readonly name: string;
  readonly form: Form<Settings>;
  readonly make: (settings: Settings) => Made | Promise<Made>;
  /** Hears of what was made once it is open. */
  readonly opened: (made: Made) => void;
  /** Shows what the model can do by now; called again and again while it trains. */
  readonly look: (session: Session) => Promise<void>;
  readonly changed: (run: Run<Settings, Made>) => void;
}

/** Time between looks, and between checkpoints while training, in ms. */
const LOOK_MS = 1000;
const KEEP_MS = 10_000;

/**
 * Training as a person sees it: start, pause, resume, stop; kept from one visit to the next. Each start has an
 * AbortController of its own, and what it left behind changes nothing once the next has begun.
 */
export class Run<Settings extends object, Made extends Trainable = Trainable> {
  phase: Phase = 'idle';
  readonly history = new History();
  progress: Progress | undefined;
  session: Session | undefined;
  /** Why it failed. */
  message = '';
  /** What became of what was kept before. */
  note = '';
  /** Whether it is kept as it is now, or why it can't be. */
  keeping: 'yes' | 'no' | { readonly why: string } = 'no';
  /** Whether a run is kept that could not be opened, but may be later. */
  unopened = false;
  readonly #task: Task<Settings, Made>;
  readonly #record: RunRecord;
  #life = new AbortController();
  #settings: Settings | undefined;
  #fitting = false;
  #stopping = false;
  /** Whether what is kept is of this page: what is not is put aside, never overwritten. */
  #known = false;
  #ours: Promise<void> | undefined;

  constructor(task: Task<Settings, Made>) {
    this.#task = task;
    this.#record = new RunRecord(task.name);
  }

  /** Whether settings are in use. */
  get locked(): boolean {
    return this.phase === 'training' || this.phase === 'paused' || this.phase === 'starting';
  }

  /** Starts anew. */
  async start(): Promise<void> {
    const life = this.#begin();
    this.history.clear();
    this.progress = undefined;
    this.keeping = 'no';
    this.note = '';
    this.#turn(life, 'starting');
    await this.#guard(life, async () => {
      const { form } = this.#task;
      await form.settled();
      const settings = form.value;
      this.#ours = this.#claim();
      // told where it is kept
      this.#ours.catch(() => {});
      const session = await this.#open(settings, life.signal);
      this.#settings = settings;
      this.session = session;
      this.#train(life);
    });
  }

  /** What was kept at the last visit, paused. One with other settings than those `asked` for stays kept. */
  async recall(asked: Readonly<Record<string, unknown>> = {}): Promise<void> {
    if (this.phase !== 'idle') return;
    const life = this.#begin();
    const { form } = this.#task;
    let found: unknown;
    try {
      await this.#record.claim();
      found = await this.#record.read();
    } catch (error) {
      this.#say(life, `What is kept in this browser can’t be opened: ${reasonOf(error)}.`);
      return;
    }
    if (life.signal.aborted) return;
    if (found === undefined) {
      this.#record.release();
      this.#say(life, '');
      return;
    }
    this.#turn(life, 'starting');
    try {
      const kept: Kept<Settings> = readKept(found, form);
      if (!agree(kept.settings, asked)) {
        this.unopened = true;
        this.#turn(life, 'idle');
        this.#say(life, 'A run with other settings than this link’s is kept in this browser.');
        return;
      }
      form.value = kept.settings;
      this.session = await this.#open(kept.settings, life.signal, kept.checkpoint);
      this.#settings = kept.settings;
      this.history.steps = kept.steps;
      this.history.losses = kept.losses;
    } catch (error) {
      if (!life.signal.aborted) await this.#unread(life, error);
      return;
    }
    this.#known = true;
    this.#ours = Promise.resolve();
    this.#turn(life, this.session.trainer.steps < this.session.updates ? 'paused' : 'done');
    this.keeping = 'yes';
    this.#say(life, '');
    await this.ask(this.#task.look);
  }

  async #open(settings: Settings, signal: AbortSignal, checkpoint?: Uint8Array): Promise<Session> {
    const made = await this.#task.make(settings);
    const session = await made.open(signal, checkpoint);
    this.#task.opened(made);
    return session;
  }

  /** Does something to the session, if this is the phase. */
  async #from(phase: Phase, act: (session: Session, life: AbortController) => Promise<void>): Promise<void> {
    const life = this.#life;
    const { session } = this;
    if (this.phase === phase && session) await this.#guard(life, () => act(session, life));
  }

  async pause(): Promise<void> {
    await this.#from('training', async (session, life) => {
      await session.trainer.pause();
      if (!this.#turn(life, 'paused')) return;
      await this.#keep(life);
      await this.#task.look(session);
    });
  }

  async resume(): Promise<void> {
    await this.#from('paused', async (session, life) => {
      await session.trainer.resume();
      if (this.#fitting) this.#turn(life, 'training');
      else if (this.phase === 'paused') this.#train(life);
    });
  }

  /** Ends the training, not the model: it can still be asked. */
  async stop(): Promise<void> {
    const life = this.#life;
    if ((this.phase !== 'training' && this.phase !== 'paused') || this.#stopping) return;
    this.#stopping = true;
    this.#known = false;
    this.session!.stop();
    if (!this.#fitting) this.#turn(life, 'stopped');
    if (!this.#record.mine) return;
    try {
      await this.#record.drop();
      if (life === this.#life) this.#record.release();
    } catch (error) {
      this.#say(life, `What was kept can’t be removed: ${reasonOf(error)}.`);
    }
  }

  /** Asks the model something, if there is one. */
  async ask(work: (session: Session) => Promise<void>): Promise<void> {
    const { session } = this;
    if (session) await this.#guard(this.#life, () => work(session));
  }

  #train(life: AbortController): void {
    const session = this.session!;
    if (!this.#turn(life, 'training')) return;
    this.#fitting = true;
    const end = session.run((progress) => {
      if (life.signal.aborted) return;
      this.progress = progress;
      this.history.add(progress.step, progress.losses);
      this.#task.changed(this);
    });
    void this.#guard(life, async () => {
      const whole = await end;
      if (life.signal.aborted) return;
      this.#fitting = false;
      this.#turn(life, whole ? 'done' : 'stopped');
      if (whole) await this.#keep(life);
      await this.#task.look(session);
    });
    void this.#guard(life, () => this.#watch(life, session));
  }

  /** Looks, and keeps a checkpoint, as long as it trains: one loop for each start. */
  async #watch(life: AbortController, session: Session): Promise<void> {
    const goesOn = () => this.#fitting && !life.signal.aborted;
    let last = performance.now();
    while (goesOn()) {
      if (this.phase === 'training') await this.#task.look(session);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (!goesOn() || this.phase !== 'training' || performance.now() - last < KEEP_MS) continue;
      last = performance.now();
      await this.#keep(life);
    }
  }

  /** A run that can't be kept goes on. */
  async #keep(life: AbortController): Promise<void> {
    const { session, history } = this;
    const over = () => life.signal.aborted || this.#stopping;
    try {
      await this.#ours!.catch(() => (this.#ours = this.#claim()));
      if (over()) return;
      const { steps, losses } = history;
      const besides = { settings: this.#settings, steps, losses };
      await this.#record.write((name) => session!.trainer.run('keepRun', name, besides));
      this.keeping = 'yes';
    } catch (error) {
      if (over()) return;
      this.keeping = { why: reasonOf(error) };
    }
    if (!life.signal.aborted) this.#task.changed(this);
  }

  /** Makes the record one of this page: what another has written, or what could not be opened, is put aside. */
  async #claim(): Promise<void> {
    await this.#record.claim();
    if (this.#known) return;
    const aside = await this.#record.putAside();
    this.#known = true;
    this.unopened = false;
    if (aside) this.#say(this.#life, `A run that was kept before is put aside as “${aside}”.`);
  }

  /** What is kept stays kept, whatever is wrong with it. */
  async #unread(life: AbortController, error: unknown): Promise<void> {
    const why = reasonOf(error);
    this.unopened = mayOpenLater(error);
    let note = `The run of the last visit can’t be opened now: ${why}. It stays kept.`;
    if (!this.unopened) {
      const aside = await this.#record.putAside().catch(() => undefined);
      note = `The run of the last visit can’t be read: ${why}. It is kept as “${aside ?? this.#task.name}”.`;
    }
    if (life.signal.aborted) return;
    this.session = undefined;
    this.#turn(life, 'idle');
    this.#say(life, note);
  }

  /** Leaves what was, whatever it was doing. */
  #begin(): AbortController {
    this.#life.abort();
    this.#life = new AbortController();
    this.session = undefined;
    this.#fitting = false;
    this.#stopping = false;
    return this.#life;
  }

  /** Whether the phase is another now: none that comes too late changes it. */
  #turn(life: AbortController, phase: Phase, message = ''): boolean {
    const allowed = phase === 'starting' || phase === 'failed' || NEXT[this.phase].includes(phase);
    if (life !== this.#life || !allowed) return false;
    this.phase = phase;
    this.message = message;
    if (phase === 'paused') this.keeping = 'no';
    this.#task.changed(this);
    return true;
  }

  #say(life: AbortController, note: string): void {
    if (life !== this.#life) return;
    this.note = note;
    this.#task.changed(this);
  }

  /** What fails is told to the person, unless it is that the worker was left. */
  async #guard(life: AbortController, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (life.signal.aborted) return;
      // what is kept of a run that failed is not overwritten
      if (this.session) this.#known = false;
      this.#turn(this.#begin(), 'failed', error instanceof Error ? error.message : String(error));
    }
  }
}

/** Whether settings are those asked for, as far as they are some of a run. */
function agree(settings: object, asked: Readonly<Record<string, unknown>>): boolean {
  const own = new Map<string, unknown>(Object.entries(settings));
  return Object.entries(asked).every(([name, value]) => !own.has(name) || own.get(name) === value);
}
