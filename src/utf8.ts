/** The text of bytes in UTF-8, a byte order mark included; `undefined` where they are none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    if (typeof TextDecoder === 'undefined') return decodeURIComponent(escaped(bytes));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (isMalformed(error as Error & { code?: string })) return undefined;
    throw error;
  }
}

/** A text as UTF-8; what is no Unicode in it becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (typeof TextEncoder !== 'undefined') return new TextEncoder().encode(text);
  // an AudioWorklet and jsdom have none
  const given = encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
  const bytes = given.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}

/** Each byte as decodeURIComponent reads it, which refuses what is no UTF-8, too. */
function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Told by names, since a decoder may be of another realm. Other TypeErrors of Node have another code. */
function isMalformed({ name, code = MALFORMED }: Error & { code?: string }): boolean {
  return (name === 'TypeError' && code === MALFORMED) || name === 'URIError';
}

const MALFORMED = 'ERR_ENCODING_INVALID_ENCODED_DATA';
