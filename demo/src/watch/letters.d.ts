export const LETTERS: string;
export function plain(text: string): string;
export function encode(text: string): Int32Array<ArrayBuffer>;
