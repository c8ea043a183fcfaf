// The characters that the networks of the first tab know, and texts in them.
export const LETTERS = " abcdefghijklmnopqrstuvwxyz.,;:'-?!";

/** In lower case and without accents; what is unknown becomes a space, and of spaces one is left. */
export function plain(text) {
  const known = text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[‘’“”"]/g, "'")
    .replace(/[–—]/g, '-');
  return [...known]
    .map((c) => (LETTERS.includes(c) ? c : ' '))
    .join('')
    .replace(/ +/g, ' ');
}

/** @param {string} text a plain one */
export const encode = (text) => Int32Array.from(text, (c) => LETTERS.indexOf(c));
