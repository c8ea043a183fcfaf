export function inTurns(first: Uint8Array, second: Uint8Array): Uint8Array;
