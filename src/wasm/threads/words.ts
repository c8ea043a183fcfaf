/** Words of the block that a pool's threads share, each in a cache line of its own. */
export const WORD = {
  /** Incremented for each job and each message: what threads wait for. */
  turn: 0,
  /** Threads that sleep. */
  asleep: 16,
  /** Messages sent to each thread. */
  mail: 32,
  /** The door of a job: its number times 256, `OPEN`, and how many threads have entered. */
  door: 48,
  /** How many may enter. */
  seats: 49,
  /** Slot of the job's model, number of its kernel, number of arguments. */
  slot: 50,
  kernel: 51,
  count: 52,
  /** Job number times 256, and how many threads run it. */
  team: 64,
  /** Threads that have finished it. */
  done: 80,
  /** Arguments: 32 at most. */
  arguments: 96,
  /** By thread: the last job that it entered. */
  entered: 128,
  /** By slot: threads that have joined the model. */
  joined: 144,
} as const;

/** Models per pool: more start a new one, so that its threads keep no memory of models that are gone. */
export const SLOTS = 64;
export const WORDS = WORD.joined + SLOTS;

/** In `door`: threads may still enter. Below it: how many have. */
export const OPEN = 128;
export const ENTERED = OPEN - 1;

/**
 * Words of a model's page 0 (assembly/team.ts): arrivals at barriers, whether the first thread may sleep at one, turns taken at products,
 * the last sequence in which a thread has finished its own groups of rows.
 */
export const ARRIVED = 1024 / 4;
export const MAY_SLEEP = 1088 / 4;
export const TAKEN = 1152 / 4;
export const FINISHED = 1216 / 4;
/** Turns of a sequence, by group of rows: 32, each in a cache line of its own. */
export const ENDED = 8192 / 4;
export const ENDED_WORDS = (32 * 64) / 4;
/** Larger than any number of arrivals: the kernel is given up, its threads trap at their next barrier. */
export const OVER = 0x7fff_ffff;

/** Most threads of a kernel: their tiles of scratch memory fit into page 0. */
export const MOST_THREADS = 16;
