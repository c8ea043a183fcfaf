/** A text, character by character, with line ends instead of spaces so that lines fit; longer words are not split. */
export function* wrapWords(characters: Iterable<string>, columns: number): Generator<string> {
  let [column, spaces, word] = [0, '', ''];
  const fitted = () => {
    const length = [...word].length;
    const fits = column === 0 || column + spaces.length + length <= columns;
    column = fits ? column + spaces.length + length : length;
    const text = (fits ? spaces : '\n') + word;
    [spaces, word] = ['', ''];
    return text;
  };
  for (const character of characters) {
    if (character !== ' ' && character !== '\n') {
      word += character;
      continue;
    }
    if (word !== '') yield fitted();
    if (character === ' ') spaces += character;
    else {
      yield character;
      [column, spaces] = [0, ''];
    }
  }
  if (word !== '') yield fitted();
}
