/** ONNX Runtime, the same models for both of its packages. It has no training. */
import { data } from '../cases.mjs';
import { mapModel, matmulModel, recurrentModel } from '../onnx.mjs';

/** @returns {(c: import('../cases.mjs').Case) => Promise<object | null>} */
export function preparing(ort, options) {
  const session = (model) => ort.InferenceSession.create(model, options);
  const tensor = ({ data, shape }) => new ort.Tensor('float32', data, shape);

  async function once(model, feeds) {
    const live = await session(model);
    let y;
    return {
      run: async () => {
        ({ y } = await live.run(feeds));
      },
      output: () => Float32Array.from(y.data),
      dispose: () => live.release(),
    };
  }

  async function step(c, given) {
    const { B, I, H } = c.shape;
    const live = await session(recurrentModel(c, given));
    const states = c.cell === 'lstm' ? ['h', 'c'] : ['h'];
    const zeros = () => tensor({ data: new Float32Array(B * H), shape: [1, B, H] });
    let feeds = Object.fromEntries(states.map((name) => [name, zeros()]));
    return {
      run: async () => {
        const x = tensor({ data: given.x.data, shape: [1, B, I] });
        const result = await live.run({ x, ...feeds });
        feeds = Object.fromEntries(states.map((name) => [name, result[`${name}_n`]]));
      },
      output: () => Float32Array.from(feeds.h.data),
      dispose: () => live.release(),
    };
  }

  return async (c) => {
    const given = data(c);
    switch (c.kind) {
      case 'matmul':
        return once(
          matmulModel(c, given),
          c.constant ? { a: tensor(given.a) } : { a: tensor(given.a), b: tensor(given.b) },
        );
      case 'map':
        return once(mapModel(c), { x: tensor(given.x) });
      case 'step':
        return step(c, given);
      case 'forward':
        return once(recurrentModel(c, given), { x: tensor(given.x) });
      default:
        return null;
    }
  };
}
