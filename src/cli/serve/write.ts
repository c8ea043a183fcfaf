import { Generator, type StreamPool } from '../../index.ts';
import { start } from '../text/passage.ts';
import { draw, type Sampling } from '../text/sampling.ts';
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
  return vocabulary.encode(prompt || (session.pending === undefined ? start(vocabulary) : ''));
}

/** Has a session read indices; the last one is read when it goes on. */
export async function read({ batcher }: Machine, session: Session, indices: Iterable<number>): Promise<void> {
  for (const index of indices) {
    await settle(batcher, session);
    session.pending = index;
    session.steps++;
  }
}

/** Has a session read its pending index, if there is one. */
export async function settle(batcher: Batcher, session: Session): Promise<void> {
  if (session.pending === undefined) return;
  await batcher.step(session.stream, session.pending, () => undefined);
  session.pending = undefined;
}

/** Yields indices that a session writes, the same as `unrolled generate` with the same prompt and seed. */
export async function* write({ pool, batcher }: Machine, session: Session, request: WriteRequest) {
  const { length = 200, temperature = 0.7, topK, topP, seed } = request;
  if (seed !== undefined) session.generator = new Generator(seed);
  for (let i = 0; i < length; i++) {
    const next = await batcher.step(session.stream, session.pending!, (logits, row) => {
      const sample = (generator: Generator, t: number) => pool.sample(generator, t, row);
      return draw({ sample, logits }, { temperature, topK, topP }, session.generator);
    });
    session.pending = next;
    session.steps++;
    yield next;
  }
}
