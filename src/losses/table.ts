import * as losses from './all.ts';
import type { Loss } from './loss.ts';

/** All losses by name. */
export const LOSSES = losses satisfies Readonly<Record<string, (opts: never) => Loss>>;

/** The name of a loss. */
export type LossName = keyof typeof LOSSES;
