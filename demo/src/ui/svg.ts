const SVG = 'http://www.w3.org/2000/svg';

/** An element of SVG with attributes, and what goes into it. */
export function svg(
  name: string,
  attributes: Readonly<Record<string, unknown>>,
  ...children: (Node | string)[]
): SVGElement {
  const made = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}
