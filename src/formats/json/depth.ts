/** Lists and objects within each other in a file, at most. */
export const DEEPEST = 200;

/** Whether a JSON text has more lists and objects within each other: JSON.parse takes 50 times the text for them. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 0x5c) i++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if ((code === 0x5b || code === 0x7b) && ++depth > DEEPEST) return true;
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}
