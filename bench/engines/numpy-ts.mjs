/** numpy-ts: products and maps; it has no gradients and no sigmoid. */
import * as np from 'numpy-ts';
import { preparedBy } from '../cases.mjs';

const MAPS = { exp: np.exp, tanh: np.tanh };

export function open() {
  return { versions: { 'numpy-ts': np.__version__ }, prepare };
}

const array = ({ data, shape }) => np.array(data).reshape(shape);

const prepare = preparedBy({
  matmul: (_, { a, b }) => {
    const [left, right] = [array(a), array(b)];
    return result(() => np.matmul(left, right));
  },
  map: ({ work }, { x }) => {
    const given = array(x);
    return MAPS[work] ? result(() => MAPS[work](given)) : null;
  },
});

function result(make) {
  let y;
  return {
    run: () => {
      // its memory is not of JavaScript
      y?.dispose();
      y = make();
    },
    output: () => Float32Array.from(y.data),
    dispose: () => y?.dispose(),
  };
}
