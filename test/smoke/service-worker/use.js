import * as unrolled from 'unrolled';
import { train } from './train.mjs';

self.onmessage = ({ ports: [port] }) => {
  train(unrolled).then(
    (bits) => port.postMessage(bits),
    (error) => port.postMessage(String(error)),
  );
};
