export function palettePng(png: Uint8Array): Promise<Buffer>;
