import * as unrolled from 'unrolled';
import { train } from './train.mjs';

train(unrolled).then((bits) => postMessage(bits));
