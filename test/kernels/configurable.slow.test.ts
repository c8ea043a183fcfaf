import { describe, test } from 'vitest';
import { cells, checkDrawn } from './configurableChecks.ts';

describe.each(cells)('configurable_forward, configurable_backward: %s, options drawn together', (cell) => {
  test.each(Array.from({ length: 100 }, (_, i) => i))('%i', (seed) => checkDrawn(cell, seed));
});
