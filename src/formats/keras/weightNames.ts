/** A layer of TF.js and what is in it. */
export interface NamedLayer {
  readonly name: string;
  getClassName(): string;
  readonly weights: readonly { readonly originalName: string }[];
  /** Of a model. */
  readonly layers?: readonly NamedLayer[];
  /** Of a Bidirectional layer. */
  readonly forwardLayer?: NamedLayer;
  readonly backwardLayer?: NamedLayer;
  /** Of another wrapper. */
  readonly layer?: NamedLayer;
  /** Of a recurrent layer. */
  readonly cell?: NamedLayer;
  /** Of a cell that is a stack. */
  readonly cells?: readonly NamedLayer[];
}

/** The fields of a layer that hold layers: one of a class of the user's own may have anything under the names of TF.js. */
export function layersIn<Layer extends object>(layer: Layer): Partial<Layer> {
  const isLayer = (value: Partial<NamedLayer> | null) =>
    typeof value?.getClassName === 'function' && Array.isArray(value.weights);
  const fields = Object.entries(layer).filter(
    ([, value]) => value?.length !== 0 && [value].flat().every(isLayer),
  );
  return Object.fromEntries(fields) as Partial<Layer>;
}

/** Folders of .keras files that say what kind of part follows. */
const KINDS = /\/(_?layer(s|_checkpoint_dependencies)?|cells?)(?=\/)/g;

/**
 * Names of TF.js for weights as a converter of Keras 3's files names them. Known: `layers/lstm_1/cell/vars/0` of .keras
 * files, by the class and its number among the layers; `model/lstm/lstm_cell/kernel` of .h5 files, with names in between.
 * What TF.js finds by itself, and what fits no weight or several, is not in the result.
 */
export function weightNames(
  given: readonly string[],
  layers: readonly NamedLayer[],
): ReadonlyMap<string, string> {
  const byFolder = new Map(given.map((name) => [`/${name}`.replace(KINDS, ''), name]));
  const found = new Map<string, string>();
  /** Targets, and their parts with the names of stacked cells, which TF.js numbers. */
  const targets = new Map<string, readonly string[]>();
  const walk = (folder: string, given: NamedLayer): undefined => {
    const { name, weights } = given;
    const { forwardLayer, backwardLayer, layers, cells, layer, cell } = layersIn(given);
    const list = layers ?? cells;
    const inner = layer ?? cell;
    if (forwardLayer) walk(`${folder}/forward_layer`, forwardLayer);
    if (backwardLayer) return walk(`${folder}/backward_layer`, backwardLayer);
    if (list) return walkAll(folder, list);
    if (inner) return walk(folder, inner);
    const paths = weights.map((_, i) => byFolder.get(`${folder}/vars/${i}`)!);
    for (const [i, { originalName }] of weights.entries()) {
      targets.set(originalName, originalName.replace(/RNNCell_\d+/, name).split('/'));
      if (paths.every(Boolean)) found.set(paths[i]!, originalName);
    }
  };
  /** By their class in snake_case, the second one with _1 and so on. */
  const walkAll = (folder: string, layers: readonly NamedLayer[]): undefined => {
    const counts = new Map<string, number>();
    for (const layer of layers) {
      const name = snakeCase(layer.getClassName());
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      walk(`${folder}/${name}${count ? `_${count}` : ''}`, layer);
    }
  };
  walkAll('', layers);
  const free = [...targets].filter(([target]) => !given.includes(target));
  for (const name of given) {
    if (found.has(name) || targets.has(name) || targets.has(withoutCell(name))) continue;
    const [fit, other] = free.filter(([, parts]) => isWithin(parts, name.split('/')));
    if (fit && !other) found.set(name, fit[0]);
  }
  return found;
}

/** As TF.js looks for lstm/lstm_cell/kernel. */
function withoutCell(name: string): string {
  return name.replace(/[^/]*\/(?=[^/]*$)/, '');
}

/** Whether the parts of a name occur in a longer one in this order, the last of both being the same. */
function isWithin(target: readonly string[], name: readonly string[]): boolean {
  if (target.at(-1) !== name.at(-1)) return false;
  let at = 0;
  return target.every((part) => {
    // TF.js puts forward_ before names that Keras 3 has put it before already
    const own = part.replace(/^(forward|backward)_(\1|forward)_/, '$1_');
    while (at < name.length && name[at] !== part && name[at] !== own) at++;
    return at++ < name.length;
  });
}

/** As Keras names folders. */
export function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
