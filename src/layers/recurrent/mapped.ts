/** Maps the values of an object with `to`. */
export function mapped<K extends string, V, R>(
  of: { readonly [Name in K]: V },
  to: (name: K, value: V) => R,
): Readonly<Record<K, R>> {
  const entries = Object.entries<V>(of).map(([name, value]) => [name, to(name as K, value)]);
  return Object.fromEntries(entries) as Record<K, R>;
}
