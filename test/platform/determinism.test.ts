import { expect, test } from 'vitest';
import { AdamW, cosineLR, crossEntropy, init, Trainer, warmup } from '../../src/index.ts';
import hashes from '../fixtures/hashes.json' with { type: 'json' };
import { concatenated, Draw, sha256 } from '../model/helpers.ts';
import { languageModel } from '../model/languageModel.ts';

/**
 * Every engine must give these hashes. They change only with the order of some sum in a kernel: then the failure
 * shows the new ones for test/fixtures/hashes.json.
 */
async function train() {
  const [V, T, B] = [17, 9, 5];
  const model = languageModel(V, [10, 19, 13], { seed: 42, numLayers: 2, dropout: 0.2 });
  const trainer = new Trainer(model, {
    loss: crossEntropy,
    optimizer: new AdamW({ lr: 0.01 }),
    clipNorm: 0.5,
    schedule: warmup({ steps: 10, after: cosineLR({ steps: 40, floor: 0.1 }) }),
    carryState: true,
  });
  const draw = new Draw(7);
  const losses: number[] = [];
  for (let i = 0; i < 50; i++) losses.push(trainer.step(draw.indices(V, T, B), draw.indices(V, T, B)).loss);
  return {
    losses: await sha256(Float64Array.from(losses)),
    parameters: await sha256(concatenated(model.stateDict())),
  };
}

test('50 updates on simd kernels give the stored bits', async () => {
  const runtime = await init({ kernels: 'simd' });
  expect(runtime.kernels).toBe('simd');
  const got = await train();
  expect(await train()).toEqual(got);
  expect(got, JSON.stringify(got)).toEqual(hashes.training);
});
