/** A detected kind of file. */
export interface FileKind {
  readonly name: string;
  /** In words, such as `a zip archive`. */
  readonly what: string;
  /** Whether it is UTF-8 text. */
  readonly isText?: boolean;
}

interface Row extends FileKind {
  /** Matches the first bytes in hexadecimal. */
  readonly hex?: RegExp;
  /** Matches the first 4 KiB, one character per byte. */
  readonly text?: RegExp;
  /** Matches the first 4 KiB or the last 64 KiB, where a zip archive lists its files. */
  readonly ends?: RegExp;
}

const ZIP = /^504b(0304|0506|0708)/;

/** The first matching row is used; all conditions of a row must match. */
const ROWS: readonly Row[] = [
  // u64 length of the header, then its JSON
  { name: 'safetensors', what: 'a safetensors file', hex: /^.{8}0{8}7b/ },
  { name: 'pytorch', what: 'a PyTorch file (.pt)', hex: ZIP, ends: /\/data\.pkl/ },
  { name: 'keras', what: 'a Keras model (.keras)', hex: ZIP, ends: /model\.weights\.h5/ },
  { name: 'npz', what: 'NumPy arrays (.npz)', hex: ZIP, ends: /\.npy/ },
  { name: 'zip', what: 'a zip archive', hex: ZIP },
  // torch's magic number 0x1950a86a20f9469cfc6c as a pickle
  {
    name: 'pytorch',
    what: 'a PyTorch file (.pt) of the old format',
    hex: /^(8002)?8a0a6cfc9c46f920|^4c3131393534373033373134363033383830313333333335364c0a/,
  },
  { name: 'pickle', what: 'a Python pickle', hex: /^800[2-5](?!00)/ },
  // protocols 0 and 1, which have no first byte of their own: a dict
  { name: 'pickle', what: 'a Python pickle', text: /^(\(dp\d+\n|\}q\0|ccollections\nOrderedDict\n)/ },
  { name: 'hdf5', what: 'an HDF5 file (.h5)', hex: /^894844460d0a1a0a/ },
  // field 1, the version of the format, then producer, domain, graph or operator sets
  { name: 'onnx', what: 'an ONNX model', hex: /^08[01].(12|1a|22|3a|42)/ },
  { name: 'tflite', what: 'a TensorFlow Lite model', hex: /^.{8}54464c33/ },
  { name: 'gguf', what: 'a GGUF model', hex: /^474755460[1-9]000000/ },
  { name: 'npy', what: 'a NumPy array (.npy)', hex: /^934e554d5059/ },
  { name: 'wasm', what: 'a WebAssembly module', hex: /^0061736d/ },
  { name: 'gzip', what: 'a gzip file', hex: /^1f8b08/ },
  { name: 'zstd', what: 'a zstd file', hex: /^28b52ffd/ },
  { name: 'xz', what: 'an xz file', hex: /^fd377a585a00/ },
  { name: 'bzip2', what: 'a bzip2 file', text: /^BZh[1-9]1AY&SY/ },
  { name: '7z', what: 'a 7z archive', hex: /^377abcaf271c/ },
  { name: 'tar', what: 'a tar archive', text: /^.{257}ustar/s },
  { name: 'png', what: 'a PNG image', hex: /^89504e470d0a1a0a/ },
  { name: 'jpeg', what: 'a JPEG image', hex: /^ffd8ff/ },
  { name: 'gif', what: 'a GIF image', text: /^GIF8[79]a/ },
  { name: 'riff', what: 'a WAV, WebP or AVI file', text: /^RIFF.{4}(WAVE|WEBP|AVI )/s },
  { name: 'pdf', what: 'a PDF document', text: /^%PDF-\d/ },
  { name: 'sqlite', what: 'an SQLite database', text: /^SQLite format 3/ },
  { name: 'elf', what: 'a program (ELF)', hex: /^7f454c46/ },
  { name: 'utf16', what: 'a text in UTF-16', hex: /^(fffe|feff)/ },
  {
    name: 'lfs',
    what: 'a Git LFS pointer, not the file itself (git lfs pull fetches it)',
    text: /^version https:\/\/git-lfs\.github\.com\/spec\//,
  },
  {
    name: 'html',
    what: 'an HTML page',
    isText: true,
    text: /^\s*(<!--.*?-->\s*)*<(!doctype\s+html|html)\b/is,
  },
  { name: 'xml', what: 'an XML document', isText: true, text: /^\s*<\?xml\s/ },
  {
    name: 'tfjs',
    what: 'a TensorFlow.js model (model.json)',
    isText: true,
    text: /^\s*\{.*"(modelTopology|weightsManifest)"\s*:/s,
  },
  {
    name: 'charrnn',
    what: 'a charRNN of ml5 (manifest.json)',
    isText: true,
    text: /^\s*\{.*"filename"\s*:\s*"/s,
  },
  {
    name: 'segmenter',
    what: 'weights of a segmenter (weights.json)',
    isText: true,
    text: /^\s*\{\s*"model"\s*:\s*"\w*"\s*,\s*"(dic|mat1)"\s*:/,
  },
  {
    name: 'segmenter',
    what: 'weights of a segmenter of ICU',
    isText: true,
    text: /^\s*(\/\/[^\n]*\n\s*)*\w+:table\(nofallback\)\s*\{/,
  },
  {
    name: 'architecture',
    what: 'a model of Keras without its weights (JSON)',
    isText: true,
    text: /^\s*\{.*"class_name"\s*:\s*"(Sequential|Functional|Model)"/s,
  },
  { name: 'json', what: 'JSON', isText: true, text: /^\s*(\{\s*["}]|\[\s*["{[\]\d-])/ },
];

const HEAD = 4096;
const TAIL = 65_536;

/** What a file seems to be, by its contents. */
export function recognize(bytes: Uint8Array): FileKind {
  if (bytes.length === 0) return { name: 'empty', what: 'an empty file', isText: true };
  const hex = Array.from(bytes.subarray(0, 32), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const head = latin1(bytes.subarray(0, HEAD));
  // UTF-16 UTF-16 UTF-16 UTF-16 UTF-16 UTF-16 without a byte order mark
  const text = head.replace(/^\xef\xbb\xbf/, '');
  const ends = head + latin1(bytes.subarray(Math.max(0, bytes.length - TAIL)));
  const row = ROWS.find(
    (row) => (row.hex?.test(hex) ?? true) && (row.text?.test(text) ?? true) && (row.ends?.test(ends) ?? true),
  );
  return row ? { name: row.name, what: row.what, isText: row.isText ?? false } : textOrNot(bytes);
}

/** One character per byte. TextDecoder's latin1 is windows-1252. */
function latin1(bytes: Uint8Array): string {
  const parts = [];
  for (let from = 0; from < bytes.length; from += HEAD)
    parts.push(String.fromCharCode(...bytes.subarray(from, from + HEAD)));
  return parts.join('');
}

function textOrNot(bytes: Uint8Array): FileKind {
  if (bytes.every((byte) => byte === 0)) return { name: 'zeros', what: 'a file of zeros' };
  const part = bytes.subarray(0, TAIL);
  if (part.some((byte) => byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b)) {
    return { name: 'binary', what: 'binary data of an unknown format' };
  }
  try {
    // a character cut off at the end of the part is not an error
    new TextDecoder('utf-8', { fatal: true }).decode(part, { stream: true });
    return { name: 'text', what: 'plain text', isText: true };
  } catch {
    return { name: 'encoding', what: 'a text that is not in UTF-8' };
  }
}
