/** A layer and its weights in the order of the layer, by the names that TF.js gives them: layer/weight. */
export interface NamedLayer {
  readonly name: string;
  readonly className: string;
  readonly weights: readonly string[];
}

/**
 * Names of TF.js for weights as a converter of Keras 3's files names them. Known: `layers/lstm_1/cell/vars/0` of .keras
 * files, by the class and its number among the layers; `model/lstm/lstm_cell/kernel` of .h5 files, with names in between.
 * What TF.js finds by itself, and what fits no weight or several, is not in the result.
 */
export function weightNames(
  given: readonly string[],
  layers: readonly NamedLayer[],
): ReadonlyMap<string, string> {
  const targets = new Set(layers.flatMap(({ weights }) => weights));
  const unknown = given.filter((name) => !targets.has(name) && !targets.has(withoutCell(name)));
  const paths = unknown.filter((name) => /\/vars\/\d+$/.test(name));
  const named = unknown.filter((name) => !paths.includes(name));
  const free = [...targets].filter((target) => !given.includes(target));
  const found = byPath(paths, layers);
  for (const name of named) {
    const fits = free.filter((target) => isWithin(target.split('/'), name.split('/')));
    if (fits.length === 1) found.set(name, fits[0]!);
  }
  return found;
}

/** As TF.js looks for lstm/lstm_cell/kernel. */
function withoutCell(name: string): string {
  const parts = name.split('/');
  return [...parts.slice(0, -2), parts.at(-1)].join('/');
}

/** Whether the parts of a name occur in a longer one in this order, the last of both being the same. */
function isWithin(target: readonly string[], name: readonly string[]): boolean {
  if (target.at(-1) !== name.at(-1)) return false;
  let at = 0;
  return target.every((part) => {
    // TF.js puts forward_ before names that Keras 3 has put it before already
    const same = new Set([
      part,
      part.replace(/^(forward|backward)_\1_/, '$1_'),
      part.replace(/^backward_forward_/, 'backward_'),
    ]);
    while (at < name.length && !same.has(name[at]!)) at++;
    return at++ < name.length;
  });
}

/** Paths of .keras files: the numbers of classes start anew in each model. */
function byPath(paths: readonly string[], layers: readonly NamedLayer[]): Map<string, string> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const key = path.split('/').find((part) => !/^_?(layers|layer_checkpoint_dependencies)$/.test(part))!;
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  const byKey = keysOf(layers);
  const found = new Map<string, string>();
  for (const [key, group] of groups) {
    const weights = byKey.get(key)?.weights;
    if (weights?.length !== group.length) continue;
    for (const [i, path] of group.sort(inOrder).entries()) found.set(path, weights[i]!);
  }
  return found;
}

/** Layers by their class in snake_case, the second one with _1 and so on. */
function keysOf(layers: readonly NamedLayer[]): Map<string, NamedLayer> {
  const counts = new Map<string, number>();
  return new Map(
    layers.map((layer) => {
      const name = snakeCase(layer.className);
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      return [count > 0 ? `${name}_${count}` : name, layer];
    }),
  );
}

/** As Keras names folders. */
export function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** In the order of a layer's weights: forward before backward, cells and variables by number. */
function inOrder(a: string, b: string): number {
  const key = (path: string) => path.replace('forward_layer', '0').replace('backward_layer', '1');
  return key(a).localeCompare(key(b), 'en', { numeric: true });
}
