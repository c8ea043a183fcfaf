import * as tf from '@tensorflow/tfjs';
import { type InstallOptions, install } from '../../../src/tfjs/index.ts';
import { difference } from '../difference.ts';
import { type GridModel, gridModel } from './model.ts';
import type { Any } from './recurrent.ts';

/** Batches that take turns. */
const BATCHES = 5;

/** Largest differences from plain TF.js, relative to max(1, largest value). */
export interface Compared {
  readonly label: string;
  readonly losses: number;
  readonly weights: number;
}

interface Trained {
  readonly losses: number[];
  readonly weights: Float32Array[];
}

/** Trains the model of a seed with TF.js as it is, and with `install`, from the same saved weights. */
export async function compare(seed: number, steps: number, options?: InstallOptions): Promise<Compared> {
  const grid = gridModel(seed);
  const batches = Array.from({ length: BATCHES }, () => grid.batch());
  const saved = await save(grid.model);
  grid.model.dispose();
  const expected = await train(grid, saved, batches, steps);
  const uninstall = await install(tf, options);
  try {
    const found = await train(grid, saved, batches, steps);
    return {
      label: grid.label,
      losses: difference(found.losses, expected.losses),
      weights: Math.max(...found.weights.map((w, i) => difference(w, expected.weights[i]!))),
    };
  } finally {
    uninstall();
    for (const { x, y } of batches) tf.dispose([...x, y]);
  }
}

/** What `save` would write. Constraints are applied when weights are written, so both models are loaded ones. */
async function save(model: Any): Promise<Any> {
  let artifacts: Any;
  await model.save(
    tf.io.withSaveHandler(async (given: Any) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return artifacts;
}

async function train(
  grid: GridModel,
  saved: Any,
  batches: readonly { x: Any[]; y: Any }[],
  steps: number,
): Promise<Trained> {
  const model = await tf.loadLayersModel(tf.io.fromMemory(structuredClone(saved)));
  const optimizer = grid.optimizer();
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { x, y } = batches[step % BATCHES]!;
    losses.push(await model.trainOnBatch(x.length > 1 ? x : x[0], y));
    if (grid.stateful && step % 7 === 6) model.resetStates();
  }
  const weights = model.getWeights().map((w: Any) => w.dataSync().slice());
  model.dispose();
  optimizer.dispose();
  return { losses, weights };
}
