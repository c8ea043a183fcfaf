// Strips of digits: noisy pictures 7 pixels high, with digits of different widths and distances.
import { Generator } from 'unrolled';

const HEIGHT = 7;
const FONT = [
  '.###. #...# #..## #.#.# ##..# #...# .###.',
  '..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.',
  '.###. #...# ....# ...#. ..#.. .#... #####',
  '##### ...#. ..#.. ...#. ....# #...# .###.',
  '...#. ..##. .#.#. #..#. ##### ...#. ...#.',
  '##### #.... ####. ....# ....# #...# .###.',
  '..##. .#... #.... ####. #...# #...# .###.',
  '##### ....# ...#. ..#.. .#... .#... .#...',
  '.###. #...# #...# .###. #...# #...# .###.',
  '.###. #...# #...# .#### ....# ...#. .##..',
].map((digit) => digit.split(' '));

/** `count` strips of 3 to 6 digits: { image: [columns, 7] grey values, digits: '3141' }. */
export function strips(count, seed) {
  const random = new Generator(seed);
  const between = (least, most) => least + random.integer(most - least + 1);
  return Array.from({ length: count }, () => {
    const digits = Array.from({ length: between(3, 6) }, () => random.integer(10));
    const columns = [...blank(between(0, 4))];
    for (const digit of digits) {
      for (let i = 0; i < 5; i++) {
        const column = FONT[digit].map((row) => (row[i] === '#' ? 1 : 0));
        for (let copies = between(1, 2); copies > 0; copies--) columns.push(column);
      }
      columns.push(...blank(between(1, 4)));
    }
    const data = Float32Array.from(columns.flat(), (ink) => ink + 0.2 * random.normal());
    return { image: { data, shape: [columns.length, HEIGHT] }, digits: digits.join('') };
  });
}

function blank(columns) {
  return Array.from({ length: columns }, () => new Array(HEIGHT).fill(0));
}

/** A strip in characters. */
export function draw({ image: { data, shape } }) {
  const row = (y) => Array.from({ length: shape[0] }, (_, x) => (data[x * HEIGHT + y] > 0.5 ? '#' : ' '));
  return Array.from({ length: HEIGHT }, (_, y) => row(y).join('').trimEnd()).join('\n');
}
