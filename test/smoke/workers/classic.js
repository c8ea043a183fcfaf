Promise.all([import('/unrolled/index.js'), import('/train.mjs')])
  .then(([unrolled, { train }]) => train(unrolled))
  .then(postMessage, (error) => postMessage(String(error)));
