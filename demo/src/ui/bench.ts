import { el } from './el.ts';

/** A form that is never sent, with these controls, next to their results. */
export function bench(controls: readonly HTMLElement[], ...results: HTMLElement[]): HTMLElement {
  const side = { class: 'side', onsubmit: (event: Event) => event.preventDefault() };
  return el('div', { class: 'bench' }, el('form', side, ...controls), ...results);
}

/** Cards, one below the other. */
export function column(...cards: readonly (Node | string)[]): HTMLElement {
  return el('div', { class: 'column' }, ...cards);
}
