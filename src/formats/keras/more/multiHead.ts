import type { Describe } from '../builder.ts';
import { reshaped, split, type Tensor, transposed } from '../tensor.ts';
import { inOrder } from './inOrder.ts';

/** Weights of each head from one of all heads: [F, heads, n] as [n, F], [heads, n] as [n]. */
function byHead({ shape, data }: Tensor, heads: number): Tensor[] {
  const n = shape.at(-1)!;
  return split(transposed(reshaped({ shape, data }, data.length / (heads * n), heads * n)), heads).map(
    (each) => (shape.length > 2 ? each : reshaped(each, n)),
  );
}

/** Linear layers of each head, attention, and a linear layer of all of them. */
export const multiHead: Describe = (given, inputs) => {
  const context = inOrder(given, ['query_dense', 'key_dense', 'value_dense', 'output_dense']);
  const { builder, layer } = context;
  const [query, value, key = value] = inputs;
  if (inputs.length < 2 || inputs.length > 3)
    layer.fail(`expected query, value and key, got ${inputs.length} inputs`);
  for (const each of inputs) if (each.shape.length !== 2) layer.fail('its inputs are not sequences');
  layer.only('attention_axes', [1]);
  layer.only('use_gate', false);
  layer.only('sliding_window');
  if (layer.number('dropout', 0) > 0) builder.ignored.add(`${layer.name}: dropout`);
  const [heads, d] = [layer.size('num_heads'), layer.size('key_dim')];
  const dv = layer.size('value_dim', d);
  const [Fq, Fk, Fv] = [query, key, value].map((each) => layer.features(each)) as [number, number, number];
  const out = layer.size('output_shape', Fq);
  const made = context.once(() => {
    builder.noteIgnored(layer);
    const bias = layer.flag('use_bias', true);
    const sizes = [
      [Fq, d],
      [Fk, d],
      [Fv, dv],
    ] as const;
    const shapes = [
      ...sizes.map(([F, n]) => [
        [F, heads, n],
        [heads, n],
      ]),
      [[heads, dv, out], [out]],
    ];
    const weights = context.weights(...shapes.flatMap((both) => both.slice(0, bias ? 2 : 1)));
    const linear = (weight: Tensor, added: Tensor | undefined) => {
      const [outFeatures, inFeatures] = weight.shape as readonly [number, number];
      const own = { weight, ...(added ? { bias: added } : {}) };
      return builder.layer(layer.name, 'Linear', { inFeatures, outFeatures, bias }, own);
    };
    const parts = [0, 1, 2].map(() => {
      const weight = byHead(weights.shift()!, heads);
      const added = bias ? byHead(weights.shift()!, heads) : [];
      return weight.map((each, i) => linear(each, added[i]));
    });
    const last = linear(transposed(reshaped(weights.shift()!, heads * dv, out)), weights.shift());
    return { parts, last, attention: builder.layer(layer.name, 'Attention', { kind: 'scaled' }) };
  });
  for (const each of inputs.slice(1)) builder.usesMask(layer, each);
  builder.sameAxis(value!, key!);
  const of = query!;
  const [Tq, Tk] = [query!.shape[0]!, value!.shape[0]!];
  const attended = Array.from({ length: heads }, (_, i) => {
    const [q, k, v] = made.parts.map((layers) => layers[i]!) as [number, number, number];
    const projected = [
      builder.use(q, [query!], [Tq, d]),
      builder.use(v, [value!], [Tk, dv]),
      builder.use(k, [key!], [Tk, d]),
    ];
    return builder.use(made.attention, projected, [Tq, dv], of);
  });
  const all =
    heads > 1 ? builder.apply(layer.name, 'Concat', {}, attended, [Tq, heads * dv], of) : attended[0]!;
  return [builder.use(made.last, [all], [Tq, out], of)];
};
