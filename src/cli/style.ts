import type { Output } from './io.ts';

/** SGR codes (ECMA-48) that begin and end a style. */
const CODES = { bold: [1, 22], red: [31, 39], green: [32, 39], cyan: [36, 39] } as const;
export type Style = keyof typeof CODES;

/** Styles a text for a terminal that shows colours; elsewhere, and with NO_COLOR, the text is returned as it is. */
export function styled(stream: Output, style: Style, text: string): string {
  const [begin, end] = CODES[style];
  return text !== '' && stream.hasColors?.() ? `\x1b[${begin}m${text}\x1b[${end}m` : text;
}

/** `ok  ` or `FAIL`, at the start of a line. */
export function mark(stream: Output, isOk: boolean): string {
  return isOk ? styled(stream, 'green', 'ok  ') : styled(stream, 'red', 'FAIL');
}
