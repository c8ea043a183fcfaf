import * as tf from '@tensorflow/tfjs';
import { beforeAll } from 'vitest';
import { resetAfterSuite } from './resetAfterSuite.ts';

beforeAll(() => tf.setBackend('cpu'));
resetAfterSuite(tf);
