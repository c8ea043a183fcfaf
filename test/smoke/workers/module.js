import { train } from '/train.mjs';
import * as unrolled from '/unrolled/index.js';

train(unrolled).then(postMessage, (error) => postMessage(String(error)));
