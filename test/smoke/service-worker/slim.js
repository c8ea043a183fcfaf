import { train } from '/train.mjs';
import * as slim from '/unrolled/slim.js';

// import() is forbidden here: the binary is fetched
self.onmessage = ({ ports: [port] }) => {
  train(slim, { wasm: fetch('/unrolled/simd.wasm') }).then(
    (bits) => port.postMessage(bits),
    (error) => port.postMessage(String(error)),
  );
};
