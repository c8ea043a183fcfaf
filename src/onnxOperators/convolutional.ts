import type { Operators } from '../onnxSession/node.ts';
import type { OnnxOperators } from '../onnxSession/operators.ts';
import { branch } from './branch.ts';
import { conv } from './conv.ts';
import { FUNCTIONS } from './functions.ts';
import { pad } from './pad.ts';
import { REDUCES } from './reductions.ts';

/** Operators of models with convolutions, such as Silero VAD: `loadOnnx` loads them first. */
export const CONVOLUTIONAL: Operators = { Conv: conv, Pad: pad, If: branch, ...REDUCES, ...FUNCTIONS };

/** The same, as `loadOnnx` takes them. */
export const operators: OnnxOperators = { '': CONVOLUTIONAL };
