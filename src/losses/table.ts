import * as losses from './index.ts';
import type { Loss } from './loss.ts';

/** Every loss, by the name that descriptions have. */
export const LOSSES = losses satisfies Readonly<Record<string, (opts?: never) => Loss>>;

/** The name of a loss. */
export type LossName = keyof typeof LOSSES;
