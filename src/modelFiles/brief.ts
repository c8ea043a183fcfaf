/** Maximum number of characters shown of a value from a file. */
const BRIEF = 60;

/** A value from a file as truncated JSON; works for values of any size and nesting. */
export function brief(value: unknown): string {
  let text = '…';
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    // nested too deeply
  }
  return text.length > BRIEF ? `${text.slice(0, BRIEF)}…` : text;
}
