// Code blocks of the documents, and what they say that they print.

/** Blocks of a language, each under the heading before it. */
export function blocks(text, language) {
  let heading = '';
  const found = [];
  for (const [, title, kind, code] of text.matchAll(/^#+ (.*)$|^```(\w*)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else if (kind === language) found.push({ title: heading, code });
  }
  const times = new Map();
  return found.map(({ title, code }) => {
    const n = (times.get(title) ?? 0) + 1;
    times.set(title, n);
    return { title: n > 1 ? `${title} (${n})` : title, code };
  });
}

/** A file that a document has as a block whose first line is its name. */
export function fileOf(text, name) {
  return new RegExp(`^\`\`\`\\w+\n// ${name}\n(.*?)^\`\`\``, 'ms').exec(text)[1];
}

/** The first of the texts behind `// → ` in a block that its output lacks, in this order. */
export function misprint(code, output) {
  let rest = output;
  for (const [, expected] of code.matchAll(/\/\/ → (.*)$/gm)) {
    if (!rest.includes(expected)) return `expected ${expected} in\n${rest}`;
    rest = rest.slice(rest.indexOf(expected) + expected.length);
  }
}
