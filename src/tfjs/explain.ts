import { ArgumentError, StateError } from '../errors.ts';
import { layersIn } from '../formats/keras/weightNames.ts';
import { installations } from './install.ts';
import type { Installation } from './installation.ts';
import type { Layer, RnnLayer } from './tf.ts';

/** How a layer of a model is run. */
export interface ExplainedLayer {
  /** Its name; of a layer inside others, with theirs before it, separated by `/`. */
  readonly name: string;
  /** The name of its class, such as `LSTM`. */
  readonly className: string;
  /** Whether the kernels of this package run it. */
  readonly fused: boolean;
  /** Why it is not; empty if it is. */
  readonly reason: string;
}

/** A kernel of TF.js that ran on the code of its cpu backend. */
export interface ExplainedKernel {
  /** Its name, such as `Cumsum`. */
  readonly kernel: string;
  /** How often. */
  readonly calls: number;
}

/** Layers that others wrap: of Bidirectional, TimeDistributed, and a model. */
interface Wrapping extends Layer {
  readonly forwardLayer?: Layer | undefined;
  readonly backwardLayer?: Layer | undefined;
  readonly layer?: Layer | undefined;
  readonly layers?: readonly Layer[] | undefined;
}

/**
 * Without a model: the kernels that ran on the code of TF.js's cpu backend since `install`, because the backend `unrolled` has
 * none of its own for them, or not for such types and shapes. None are listed if that backend is not installed.
 *
 * @throws {StateError} before `install`
 */
export function explain(): ExplainedKernel[];
/**
 * Tells for each layer of a model of TF.js, also inside wrappers and models, whether the kernels of this package run it,
 * and if not, why. What depends on a call is not known here: gradients of gradients and what TF.js itself refuses are
 * run by TF.js.
 *
 * @throws {ArgumentError} if it is not a model or layer
 * @throws {StateError} before `install`
 */
export function explain(model: object): ExplainedLayer[];
export function explain(...args: [model?: object]): ExplainedLayer[] | ExplainedKernel[] {
  const made = installations();
  if (made.length === 0) throw new StateError('explain: call install(tf) first');
  if (args.length === 0)
    return made.flatMap(({ fallbacks }) =>
      Array.from(fallbacks ?? [], ([kernel, calls]) => ({ kernel, calls })),
    );
  const [model] = args;
  if (typeof (model as Partial<Layer> | null | undefined)?.getClassName !== 'function') {
    throw new ArgumentError('model', 'a model or layer of TF.js', model);
  }
  const rows: ExplainedLayer[] = [];
  visit(made, model as Wrapping, '', rows);
  return rows;
}

function visit(made: readonly Installation[], layer: Wrapping, path: string, rows: ExplainedLayer[]): void {
  const { forwardLayer, backwardLayer, layer: inner, layers } = layersIn(layer);
  // that of Bidirectional is both of its own
  const inside = layers ?? [forwardLayer ?? inner ?? [], backwardLayer ?? []].flat();
  const name = path + layer.name;
  for (const each of inside) visit(made, each, layers && path === '' ? '' : `${name}/`, rows);
  if (inside.length > 0) return;
  const reason = reasonOf(made, layer);
  rows.push({ name, className: layer.getClassName(), fused: reason === '', reason });
}

function reasonOf(made: readonly Installation[], layer: Layer): string {
  const owner = made.find(({ tf }) => layer instanceof (tf.RNN as unknown as new () => object));
  if (!owner) return 'cell' in layer ? 'it is of a TF.js without install' : 'it is not a recurrent layer';
  const cells = owner.fusable.cells(layer as RnnLayer);
  return typeof cells === 'string' ? cells : '';
}
