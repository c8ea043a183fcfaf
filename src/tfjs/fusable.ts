import type { ActivationKind } from '../activations.ts';
import { type ActivationKinds, activationKinds } from './activations.ts';
import type { Classes } from './classes.ts';
import { type Family, familiesOf, IDENTITY } from './families.ts';
import type { RnnCell, RnnLayer, TensorFlow } from './tf.ts';

/** A cell that the kernels run. */
export interface FusableCell {
  readonly cell: RnnCell;
  readonly family: Family;
  readonly kinds: readonly ActivationKind[];
}

/** Tells which recurrent layers the kernels can run: exactly TF.js's classes, nothing of them replaced. */
export class Fusable {
  readonly #stack: unknown;
  readonly #families: ReadonlyMap<unknown, Family>;
  readonly #activations: ActivationKinds;
  readonly #tf: TensorFlow;
  /** Methods as they were at installation: `call` of cells, `getInitialState` of layers. */
  readonly #methods: ReadonlyMap<unknown, unknown>;

  constructor(tf: TensorFlow, classes: Classes) {
    this.#families = familiesOf(classes);
    this.#activations = activationKinds(tf);
    this.#tf = tf;
    this.#stack = classes.StackedRNNCells;
    this.#methods = new Map(
      Object.values(classes).map((made) => {
        const { getInitialState, call } = (made as { prototype: RnnLayer }).prototype;
        return [made, getInitialState ?? call];
      }),
    );
  }

  /** The cells of a layer in the order in which they run, or why TF.js's own code runs it. */
  cells(layer: RnnLayer): readonly FusableCell[] | string {
    if (!this.#methods.has(layer.constructor)) {
      return `${layer.getClassName()} is not one of TF.js's own recurrent layers`;
    }
    if (this.#tf.getBackend() === 'webgpu') return 'webgpu can not be read synchronously';
    const { cell } = layer;
    const isStack = cell.constructor === this.#stack;
    const replaced = this.#replaced(layer, 'getInitialState') ?? (isStack && this.#replaced(cell));
    if (replaced) return replaced;
    const found: FusableCell[] = [];
    for (const each of isStack ? cell.cells! : [cell]) {
      const fusable = this.#cell(each);
      if (typeof fusable === 'string') return fusable;
      found.push(fusable);
    }
    return found.length > 0 ? found : 'it has no cells';
  }

  #cell(cell: RnnCell): FusableCell | string {
    const family = this.#families.get(cell.constructor);
    if (!family) return `the cell ${cell.getClassName()} is not one of TF.js's own`;
    const replaced = this.#replaced(cell);
    if (replaced) return replaced;
    const kinds: ActivationKind[] = [];
    for (const letter of family.activations) {
      const activation = letter === 'a' ? cell.activation : cell.recurrentActivation;
      const kind = activation ? this.#activations.get(activation.constructor) : IDENTITY;
      if (!kind) return `the kernels have no activation ${activation!.getClassName()}`;
      kinds.push(kind);
    }
    return { cell, family, kinds };
  }

  #replaced(layer: RnnLayer | RnnCell, method: 'call' | 'getInitialState' = 'call'): string | undefined {
    if ((layer as RnnLayer)[method] === this.#methods.get(layer.constructor)) return undefined;
    return `the method ${method} of ${layer.getClassName()} was replaced`;
  }
}
