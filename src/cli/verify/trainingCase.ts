import { Embedding } from '../../layers/embedding.ts';
import { Linear } from '../../layers/linear.ts';
import {
  type LossDescription,
  makeLoss,
  makeOptimizer,
  type OptimizerDescription,
} from '../../model/fromDescription.ts';
import { Sequential } from '../../model/sequential.ts';
import { Trainer } from '../../model/trainer.ts';
import type { Given } from '../../ndarray.ts';
import { type Errors, type Fixture, group, knownOnly, relativeError, values } from './fixture.ts';
import { recurrentLayer } from './layerCase.ts';

const KNOWN = [
  ...['kind', 'name', 'seed', 'pattern', 'vocab', 'embed', 'cell', 'hiddenSize', 'numLayers'],
  ...['steps', 'batch', 'updates', 'optimizer', 'loss', 'clipNorm', 'carryState'],
];
/** Parameter prefixes in the model of the parts of a case. */
const PARTS: Record<string, string> = { embedding: '0', recurrent: '1', linear: '2' };

/** Runs all updates of a case of kind `training`. Losses and norms have the tolerance of gradients. */
export function trainingCase(fixture: Fixture): Errors {
  const { config } = fixture;
  knownOnly(config, KNOWN);
  const { vocab, embed, hiddenSize, steps, batch, updates } = config as Record<string, number>;
  const { numLayers = 1, clipNorm } = config as Record<string, number>;
  const { carryState = false } = config as { carryState?: boolean };
  const Layer = recurrentLayer(config.cell);
  using model = new Sequential([
    new Embedding(vocab!, embed!),
    new Layer(embed!, hiddenSize!, { numLayers }),
    new Linear(hiddenSize!, vocab!),
  ]);
  const ours = (name: string) => name.replace(/^\w+/, (part) => PARTS[part] ?? part);
  model.loadStateDict(
    Object.fromEntries(
      group(fixture, 'param.').map(([name, { shape }]) => [
        ours(name),
        { data: values(fixture, `param.${name}`), shape },
      ]),
    ),
  );
  const loss = makeLoss((config.loss ?? 'crossEntropy') as LossDescription);
  const trainer = new Trainer(model, {
    loss,
    optimizer: makeOptimizer(config.optimizer as OptimizerDescription),
    carryState,
    ...(clipNorm ? { clipNorm } : {}),
  });
  const x = batches(Int32Array.from(values(fixture, 'x')), steps!, batch!);
  const targets = values(fixture, 'y');
  const y =
    loss.targets === 'features'
      ? batches(targets, steps!, batch!, vocab!)
      : batches(Int32Array.from(targets), steps!, batch!);
  const losses: number[] = [];
  const norms: number[] = [];
  for (let i = 0; i < updates!; i++) {
    const { loss, gradNorm } = trainer.step(x(i), y(i));
    losses.push(loss);
    norms.push(gradNorm);
  }
  const state = model.stateDict();
  const errors = [
    relativeError(losses, values(fixture, 'expect.losses')),
    relativeError(norms, values(fixture, 'expect.gradNorms')),
    ...group(fixture, 'param.').map(([name]) =>
      relativeError(state[ours(name)]?.data, values(fixture, `expect.param.${name}`)),
    ),
  ];
  return { output: 0, gradient: Math.max(...errors) };
}

/** Batch i of a tensor of consecutive batches. */
function batches(data: Float64Array | Int32Array, ...shape: number[]): (i: number) => Given {
  const size = shape.reduce((a, b) => a * b);
  return (i) => ({ data: data.subarray(i * size, (i + 1) * size), shape });
}
