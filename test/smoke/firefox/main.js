import { train } from '/train.mjs';
import * as core from '/unrolled/core.js';
import * as unrolled from '/unrolled/index.js';

const both = async () => [await train(unrolled), await train(core)];
globalThis.smoke = both().catch((error) => [`${error.name}: ${error.message}`]);
