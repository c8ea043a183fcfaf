import * as unrolled from 'unrolled';
import { train } from './train.mjs';

train(unrolled).then(postMessage, (error) => postMessage(String(error)));
