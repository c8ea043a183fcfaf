/** Lists and objects within each other in a file, at most. */
const DEEPEST = 200;
/** Lists, objects and names in a text at most, besides one per 32 characters: V8 takes 40 to 100 bytes for each. */
const MOST = 160_000;
export const TOO_MANY = 'more than 200 lists and objects within each other, or too many';

/** Whether a JSON text has more lists and objects: JSON.parse takes 50 times the text for them. */
export function hasTooMany(text: string): boolean {
  let left = MOST + text.length / 32;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) quoted = !quoted;
    else if (quoted) {
      if (code === 0x5c) i++;
    }
    // ] and }, which differ from [ and { by the same bit
    else if ((code | 32) === 0x7d) depth--;
    // a colon follows a name
    else if (code === 0x3a) left--;
    else if ((code | 32) === 0x7b && (++depth > DEEPEST || --left < 0)) return true;
  }
  return left < 0;
}
