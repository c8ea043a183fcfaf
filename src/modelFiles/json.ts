/** Parses JSON. Undefined if it is not valid, which is for the reader of the format to tell. */
// biome-ignore lint/suspicious/noExplicitAny: what a file holds
export function parsed(json: Uint8Array | string): any {
  try {
    return JSON.parse(typeof json === 'string' ? json : new TextDecoder().decode(json));
  } catch {
    return undefined;
  }
}
