import * as unrolled from 'unrolled';
import * as core from 'unrolled/core';
import * as inference from 'unrolled/inference';
import { train } from './train.mjs';

export default {
  async fetch() {
    try {
      const bits = await train(unrolled);
      if ((await train(core)) !== bits) throw new Error('core: other bits');
      await unrolled.init({ kernels: 'simd' });
      const saved = new unrolled.Sequential([new unrolled.LSTM(2, 3)]).save();
      const { training } = await inference.init({ kernels: 'simd' });
      if (training || inference.Sequential.load(saved).forward([1, 2]).data.length !== 3)
        throw new Error('inference');
      return new Response(bits);
    } catch (error) {
      return new Response(`${error.stack}`, { status: 500 });
    }
  },
};
