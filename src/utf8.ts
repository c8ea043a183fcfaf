/** Decodes UTF-8, keeping a byte order mark; `undefined` if it is not valid. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    if (typeof TextDecoder === 'undefined') return decodeURIComponent(escaped(bytes));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    // by name, since the decoder may belong to another realm; others, such as a refused string, are no TypeError
    if (/^(Type|URI)Error$/.test((error as Error).name)) return undefined;
    throw error;
  }
}

/** Encodes text as UTF-8; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (typeof TextEncoder !== 'undefined') return new TextEncoder().encode(text);
  // missing in an AudioWorklet and in jsdom
  const given = encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
  const bytes = given.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}

/** Percent-encodes the bytes for decodeURIComponent, which rejects invalid UTF-8, too. */
function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
