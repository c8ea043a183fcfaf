import { train } from '/train.mjs';
import * as unrolled from '/unrolled/index.js';

globalThis.smoke = train(unrolled).catch((error) => `${error.name}: ${error.message}`);
