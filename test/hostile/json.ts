/** JSON of few bytes that takes much memory as values. */
export function* manyValues(): Iterable<readonly [what: string, json: string]> {
  yield ['a million lists', `[${'[],'.repeat(1e6)}1]`];
  yield ['a million objects', `[${'{},'.repeat(1e6)}1]`];
  yield ['500,000 objects with a name', `[${'{"a":1},'.repeat(5e5)}1]`];
  yield ['lists in lists, 500,000 times', '[[],'.repeat(5e5)];
  const names = Array.from({ length: 3e5 }, (_, i) => `"${i.toString(36)}"`);
  yield ['300,000 names', `{${names.map((name) => `${name}:1`)}}`];
  yield ['300,000 texts', `[${names}]`];
  yield ['two million numbers', `[${'1,'.repeat(2e6)}1]`];
  yield ['a million fractions', `[${'0.5,'.repeat(1e6)}1]`];
}
