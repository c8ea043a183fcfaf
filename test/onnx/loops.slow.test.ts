import { beforeAll, describe, test } from 'vitest';
import { init } from '../../src/index.ts';
import { expectFused, FUNCTIONS, forms } from './loopModels.ts';

beforeAll(async () => {
  await init();
});

describe('a loop that is a recurrent layer runs as one, with each function', () => {
  test.each(forms(FUNCTIONS.length))('%s', (_, how) => expectFused(how));
});
