import * as unrolled from 'unrolled';
import { train } from './train.mjs';

globalThis.smoke = train(unrolled);
