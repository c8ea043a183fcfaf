import type { Activation } from '../../src/activations.ts';
import type { ConfigurableCell, Gate } from './parameters.ts';
import type { Node, Tape } from './tape.ts';

/** One layer in one direction. */
export interface CellContext {
  tape: Tape;
  config: ConfigurableCell;
  /** A parameter by its name without suffix, weight_hh dense; undefined = the layer has none. */
  get(name: string): Node | undefined;
  /** The state, to whose gradient the limit of a step applies. */
  limited(state: Node): Node;
}

/** Rows n of the batch. */
export interface CellInput {
  /** [n, I] */
  x: Node;
  /** [n, out]: the last output; none where the cell has no such state */
  h: Node | undefined;
  /** h as the gates see it, after recurrent dropout */
  seen: Node | undefined;
  /** [n, H]; lstm and sru */
  c: Node | undefined;
}

export interface CellOutput {
  /** [n, out] */
  h: Node;
  /** [n, H]; lstm and sru */
  c?: Node;
}

type Step = (context: CellContext, input: CellInput) => CellOutput;

function bias({ tape, get }: CellContext, a: Node, name: string): Node {
  const b = get(name);
  return b ? tape.add(a, b) : a;
}

/** x·W_ihᵀ + b_ih or h·W_hhᵀ + b_hh, normalized before the bias is added: [n, G·H]. */
function projection(context: CellContext, x: Node, part: 'ih' | 'hh'): Node {
  const { tape, get } = context;
  const product = tape.matmul(x, get(`weight_${part}`)!);
  const weight = get(`ln_${part}_weight`);
  const a = weight ? tape.layerNorm(product, weight, get(`ln_${part}_bias`)!) : product;
  return bias(context, a, `bias_${part}`);
}

function clipped({ tape, config }: CellContext, a: Node): Node {
  return config.clip ? tape.clamp(a, config.clip) : a;
}

function gate(context: CellContext, a: Node, name: Gate): Node {
  const { activations = {}, activation = 'tanh', recurrentActivation = 'sigmoid' } = context.config;
  const usual = name === 'g' || name === 'n' ? activation : recurrentActivation;
  return context.tape.activate(clipped(context, a), activations[name] ?? usual);
}

const rnn: Step = (context, { x, seen }) => {
  const { tape, config } = context;
  const a = tape.add(projection(context, x, 'ih'), projection(context, seen!, 'hh'));
  return { h: tape.activate(clipped(context, a), config.nonlinearity ?? 'tanh') };
};

const indrnn: Step = (context, { x, seen }) => {
  const { tape, config, get } = context;
  const a = tape.add(projection(context, x, 'ih'), tape.mul(seen!, get('weight_hh')!));
  return { h: tape.activate(clipped(context, a), config.nonlinearity ?? 'relu') };
};

const lstm: Step = (context, { x, seen, c }) => {
  const { tape, config, get } = context;
  const a = tape.add(projection(context, x, 'ih'), projection(context, seen!, 'hh'));
  const [ai, af, ag, ao] = tape.chunk(a, 4) as [Node, Node, Node, Node];
  const peep = (v: Node, name: string, state: Node) =>
    config.peephole ? tape.add(v, tape.mul(state, get(name)!)) : v;
  const i = gate(context, peep(ai, 'weight_ci', c!), 'i');
  const f = config.coupled ? tape.complement(i) : gate(context, peep(af, 'weight_cf', c!), 'f');
  const cell = tape.add(tape.mul(f, c!), tape.mul(i, gate(context, ag, 'g')));
  const o = gate(context, peep(ao, 'weight_co', cell), 'o');
  const weight = get('ln_c_weight');
  const shown = weight ? tape.layerNorm(cell, weight, get('ln_c_bias')!) : cell;
  const outward: Activation = config.activations?.h ?? config.activation ?? 'tanh';
  const h = tape.mul(o, tape.activate(shown, outward));
  return { h: config.projSize ? tape.matmul(h, get('weight_hr')!) : h, c: cell };
};

/** (r⊙h)·W_hnᵀ + b_hn */
function candidate({ tape, config, get }: CellContext, resetH: Node): Node {
  const H = config.hiddenSize;
  const last = Array.from({ length: H }, (_, u) => 2 * H + u);
  const a = tape.matmul(resetH, tape.rows(get('weight_hh')!, last));
  const b = get('bias_hh');
  return b ? tape.add(a, tape.columns(b, 2 * H, H)) : a;
}

const gru: Step = (context, { x, h, seen }) => {
  const { tape, config } = context;
  const [xr, xz, xn] = tape.chunk(projection(context, x, 'ih'), 3) as [Node, Node, Node];
  const [hr, hz, hn] = tape.chunk(projection(context, seen!, 'hh'), 3) as [Node, Node, Node];
  const r = gate(context, tape.add(xr, hr), 'r');
  const z = gate(context, tape.add(xz, hz), 'z');
  const q = config.resetAfter === false ? candidate(context, tape.mul(r, seen!)) : tape.mul(r, hn);
  const n = gate(context, tape.add(xn, q), 'n');
  return { h: tape.add(tape.mul(z, h!), tape.mul(tape.complement(z), n)) };
};

const mingru: Step = (context, { x, h }) => {
  const { tape } = context;
  const [az, an] = tape.chunk(projection(context, x, 'ih'), 2) as [Node, Node];
  const z = tape.activate(az, 'sigmoid');
  return { h: tape.add(tape.mul(tape.complement(z), h!), tape.mul(z, an)) };
};

/** weight_ih rows f i h̃; f/(f + i) = σ(ln f − ln i), where ln σ(a) = −softplus(−a). */
const minlstm: Step = (context, { x, h }) => {
  const { tape } = context;
  const negative = (a: Node) => tape.activate(a, { name: 'affine', alpha: -1 });
  const [af, ai, candidate] = tape.chunk(projection(context, x, 'ih'), 3) as [Node, Node, Node];
  const [f, i] = [af, ai].map((a) => negative(tape.activate(negative(a), 'softplus'))) as [Node, Node];
  const more = tape.add(f, negative(i));
  const [kept, taken] = [more, negative(more)].map((a) => tape.activate(a, 'sigmoid')) as [Node, Node];
  return { h: tape.add(tape.mul(kept, h!), tape.mul(taken, candidate)) };
};

/** weight_ih rows x̃ f r and, where I ≠ H, what the highway carries; weight_c = v_f v_r, bias_ih = b_f b_r. */
const sru: Step = (context, { x, c }) => {
  const { tape, config, get } = context;
  const H = config.hiddenSize;
  const a = tape.matmul(x, get('weight_ih')!);
  const both = bias(
    context,
    tape.add(tape.columns(a, H, 2 * H), tape.mul(tape.concat(c!, c!), get('weight_c')!)),
    'bias_ih',
  );
  const [f, r] = tape.chunk(tape.activate(both, 'sigmoid'), 2) as [Node, Node];
  const taken = tape.mul(tape.complement(f), tape.columns(a, 0, H));
  const cell = context.limited(tape.add(tape.mul(f, c!), taken));
  const highway = x.cols === H ? x : tape.columns(a, 3 * H, H);
  return { h: tape.add(tape.mul(r, cell), tape.mul(tape.complement(r), highway)), c: cell };
};

export const cells = { rnn, lstm, gru, mingru, minlstm, indrnn, sru };
