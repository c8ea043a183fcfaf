import { CliError } from './failure.ts';

/** Maximum number of characters of a line. */
const MOST = 1 << 20;

/** Lines of UTF-8 text as they come, without their line breaks. @throws {CliError} if a line is too long */
export async function* lines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const found = rest.split('\n');
    rest = found.pop()!;
    if (rest.length > MOST) throw new CliError(`standard input: a line of more than ${MOST} characters`);
    for (const line of found) yield line.replace(/\r$/, '');
  }
  rest += decoder.decode();
  if (rest !== '') yield rest.replace(/\r$/, '');
}
