// Dates of 1950 to 2049 in thirteen formats, as in TensorFlow.js's example of this name.
import { shuffled } from 'unrolled/data';

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const [FIRST, LAST] = [Date.UTC(1950, 0, 1), Date.UTC(2049, 11, 31)];
const DAY = 24 * 60 * 60 * 1000;

/** y, m, d: digits of the year, month and day; Y: the last two digits of the year; M: the month's name. */
const FORMATS = [
  ({ y, M, d }) => `${d}${M}${y}`,
  ({ Y, m, d }) => `${m}${d}${Y}`,
  ({ Y, m, d }) => `${m}/${d}/${Y}`,
  ({ y, m, d }) => `${m}/${d}/${y}`,
  ({ y, m, d }) => `${d}-${m}-${y}`,
  ({ Y, M, d }) => `${M} ${d} ${Y}`,
  ({ y, M, d }) => `${M} ${d} ${y}`,
  ({ Y, M, d }) => `${M} ${d}, ${Y}`,
  ({ y, M, d }) => `${M} ${d}, ${y}`,
  ({ y, m, d }) => `${d}.${m}.${y}`,
  ({ y, m, d }) => `${y}.${m}.${d}`,
  ({ y, m, d }) => `${y}${m}${d}`,
  ({ y, m, d }) => `${y}-${m}-${d}`,
];

/**
 * Two lists of different days drawn by `seed`, each day in all formats: { text: 'JAN 31 24', iso: '2024-01-31' }.
 */
export function dates({ known, unseen, seed }) {
  const days = Array.from({ length: (LAST - FIRST) / DAY + 1 }, (_, i) => new Date(FIRST + i * DAY));
  const drawn = shuffled(days, seed);
  return [drawn.slice(0, known), drawn.slice(known, known + unseen)].map((list) =>
    list.flatMap(inAllFormats),
  );
}

function inAllFormats(date) {
  const iso = date.toISOString().slice(0, 10);
  const [y, m, d] = iso.split('-');
  const parts = { y, m, d, Y: y.slice(2), M: MONTHS[Number(m) - 1] };
  return FORMATS.map((format) => ({ text: format(parts), iso }));
}
