// What the page and main.mjs share: text from a stream of a model that `unrolled train` saved.

/** The characters of a model by index: safetensors begins with the length of its header, which is JSON. */
export function characters(file) {
  const length = Number(new DataView(file).getBigUint64(0, true));
  const { __metadata__ } = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, length)));
  return [...__metadata__.vocabulary];
}

/** Characters that follow `begin`; those of it that the model does not know are left out. */
export function* write({ stream, characters, generator }, begin, length, temperature = 0.5) {
  stream.reset();
  const known = [...begin].map((letter) => characters.indexOf(letter)).filter((index) => index >= 0);
  for (const index of known.length > 0 ? known : [0]) stream.step(index);
  for (let i = 0; i < length; i++) {
    const index = stream.sample(generator, temperature);
    yield characters[index];
    stream.step(index);
  }
}
