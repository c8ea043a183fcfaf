import { Generator, type Sequential, type StreamPool, type StreamSession } from '../../index.ts';
import { start } from '../text/passage.ts';
import { type Drawn, draw, type Sampling } from '../text/sampling.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { Batcher } from './batcher.ts';
import { HttpError } from './httpError.ts';
import type { Session } from './sessions.ts';

/** What a request to write asks for. */
export interface WriteRequest extends Partial<Sampling> {
  readonly prompt?: string;
  readonly length?: number;
  readonly seed?: number;
}

/** What writes. */
interface Machine {
  readonly served: { readonly model: Sequential };
  readonly pool: StreamPool;
  readonly batcher: Batcher;
}

/**
 * The prompt of a request as indices; without one, a new session begins a line.
 * @throws {HttpError} 400 if a character is not in the vocabulary
 */
export function promptOf(
  { prompt = '' }: WriteRequest,
  vocabulary: Vocabulary,
  session: Session,
): Int32Array {
  const unknown = [...prompt].find((character) => !vocabulary.characters.includes(character));
  if (unknown !== undefined)
    throw new HttpError(400, `prompt: the model does not know the character ${JSON.stringify(unknown)}`);
  const isNew = session.pending === undefined && !session.output;
  return vocabulary.encode(prompt || (isNew ? start(vocabulary) : ''));
}

/** Has a session read indices; the last one is read when it goes on. Gives false if `isOver` has ended it. */
export async function read(
  { batcher }: Machine,
  session: Session,
  indices: Iterable<number>,
  isOver: () => boolean,
): Promise<boolean> {
  for (const index of indices) {
    if (isOver()) return false;
    await settle(batcher, session);
    go(session, index);
  }
  return true;
}

/** Has a session's text go on by an index. */
function go(session: Session, index: number): void {
  session.pending = index;
  session.output = undefined;
  session.steps++;
}

/** Has a session read its pending index, if there is one. */
export async function settle(batcher: Batcher, session: Session): Promise<void> {
  if (session.pending === undefined) return;
  await batcher.step(session.stream, session.pending, () => undefined);
  session.pending = undefined;
}

/** Yields indices that a session writes, the same as `unrolled generate` with the same prompt and seed. */
export async function* write(machine: Machine, session: Session, request: WriteRequest) {
  const { length = 200, temperature = 0.7, topK, topP, seed } = request;
  if (seed !== undefined) session.generator = new Generator(seed);
  const pick: Pick = (logits, sample) =>
    draw({ sample, logits }, { temperature, topK, topP }, session.generator);
  for (let i = 0; i < length; i++) {
    const next = session.output
      ? pickFrom(session.output, session.stream, machine.served.model, pick)
      : await stepAndPick(machine, session, pick);
    go(session, next);
    yield next;
  }
}

/** Picks an index by the last outputs of a stream. */
type Pick = (logits: Float32Array, sample: Drawn['sample']) => number;

function stepAndPick({ pool, batcher }: Machine, { stream, pending }: Session, pick: Pick): Promise<number> {
  return batcher.step(stream, pending!, (logits, row) =>
    pick(logits, (generator, temperature) => pool.sample(generator, temperature, row)),
  );
}

/** Of a step that was asked for: the pool, which has made others since, no longer has its output. */
function pickFrom(
  output: Float32Array<ArrayBuffer>,
  from: StreamSession,
  model: Sequential,
  pick: Pick,
): number {
  using stream = model.stream();
  stream.restore({ ...from.snapshot(), outputs: [output] });
  return pick(output, (generator, temperature) => stream.sample(generator, temperature));
}
