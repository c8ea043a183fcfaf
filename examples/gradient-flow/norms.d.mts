import type { LayerFlow } from 'unrolled';

/** The recurrent layers that are compared, by their sign in the chart. */
export declare const LAYERS: Record<string, { readonly name: string; readonly make: () => unknown }>;

/** How the gradient flows through a layer in its first update, from a seed. */
export declare function flowOf(sign: string, seed?: number): LayerFlow;
