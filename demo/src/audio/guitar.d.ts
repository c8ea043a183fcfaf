export function riff(rate: number): Float32Array<ArrayBuffer>;
