import * as unrolled from 'unrolled';
import { train } from './train.mjs';

console.log(await train(unrolled));
