import type { Port } from '../../../dist/modelFiles/opened.js';
import { el } from '../ui/el.ts';
import { drawing } from './operators.ts';
import type { Box, Described } from './protocol.ts';

/** What a file holds, drawn: inputs, layers and outputs one under the other, or a table of what has no layers. */
export function graphOf(described: Described): HTMLElement[] {
  const { boxes, layers, operators, inputs, outputs, tensors, sections, metadata } = described;
  const listed = boxes.length ? chain(boxes, outputs) : layers.length ? rows(described) : undefined;
  const drawn = operators.length ? drawing(described) : listed;
  return [
    ...(drawn ? [drawn] : []),
    ...(drawn !== listed && listed ? [listed] : []),
    ...(inputs.length && !boxes.length
      ? [details('Inputs and outputs', portRows(inputs, outputs), true)]
      : []),
    ...sections.map(({ title, rows }) => details(title, rows, !drawn)),
    ...(Object.keys(metadata).length ? [details('Metadata', Object.entries(metadata).map(cut))] : []),
    ...(tensors.length
      ? [
          details(
            'Tensors',
            tensors.map(({ name, dtype, shape }) => [name, dtype, `[${shape.join(', ')}]`]),
          ),
        ]
      : []),
  ];
}

/** Characters of a value that are shown. */
const SHOWN = 120;
const cut = (row: readonly string[]) =>
  row.map((text) => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text));

const sizes = (dims: Port['dims']) => `[${dims.map((size) => size ?? '?').join(', ')}]`;

function portRows(inputs: readonly Port[], outputs: readonly Port[]): string[][] {
  const row =
    (kind: string) =>
    ({ name, type, dims }: Port) => [kind, name, type, sizes(dims)];
  return [...inputs.map(row('in')), ...outputs.map(row('out'))];
}

function chain(boxes: readonly Box[], outputs: readonly Port[]): HTMLElement {
  const items = boxes.map(({ name, type, shape, parameters, reads }, i) => {
    const isInput = type === 'input';
    const count = Number(parameters.split(' ')[0]);
    const facts = [shape, ...(count ? [`${count.toLocaleString('en')} parameters`] : [])];
    const isNext = reads === boxes[i - 1]?.name;
    const from = reads && !isInput && !isNext ? [el('span', { class: 'reads' }, `reads ${reads}`)] : [];
    return el(
      'li',
      { class: isInput ? 'box input' : 'box' },
      el('strong', {}, isInput ? name : type),
      ...(isInput || /^\d+$/.test(name) ? [] : [el('span', { class: 'named' }, name)]),
      el('span', { class: 'facts' }, facts.join(' · ')),
      ...from,
    );
  });
  const ends = outputs.map(({ name, dims }) =>
    el('li', { class: 'box output' }, el('strong', {}, name), el('span', { class: 'facts' }, sizes(dims))),
  );
  return el(
    'ol',
    { class: 'chain', 'aria-label': 'Layers, from the input to the output' },
    ...items,
    ...ends,
  );
}

/** Layers without a model: a name, a type and options. */
function rows({ layers }: Described): HTMLElement {
  const items = layers.map(({ name, type, config }) => {
    const facts = Object.entries(config).filter(([, value]) =>
      ['string', 'number', 'boolean'].includes(typeof value),
    );
    return el(
      'li',
      { class: 'box' },
      el('strong', {}, type),
      ...(name ? [el('span', { class: 'named' }, name)] : []),
      el('span', { class: 'facts' }, facts.map(([key, value]) => `${key} ${value}`).join(' · ')),
    );
  });
  return el('ol', { class: 'chain', 'aria-label': 'Layers' }, ...items);
}

function details(title: string, rows: readonly (readonly string[])[], open = false): HTMLElement {
  const cells = (row: readonly string[]) => el('tr', {}, ...row.map((cell) => el('td', {}, cell)));
  return el(
    'details',
    { open },
    el('summary', {}, `${title} (${rows.length})`),
    el(
      'div',
      { class: 'scrolls', tabindex: 0, role: 'group', 'aria-label': title },
      el('table', {}, ...rows.map(cells)),
    ),
  );
}
