import { el } from './el.ts';

/** Where results come first and settings are folded: as in the style sheet. */
const NARROW = '(max-width: 56rem)';

/** A form that is never sent, with these controls, next to their results. Where it is narrow, its fieldsets are folded. */
export function bench(controls: readonly HTMLElement[], ...results: HTMLElement[]): HTMLElement {
  const isSetting = (control: HTMLElement) => control instanceof HTMLFieldSetElement;
  const settings = el(
    'details',
    { class: 'settings' },
    el('summary', {}, 'Settings'),
    ...controls.filter(isSetting),
  );
  const narrow = matchMedia(NARROW);
  const fold = () => {
    settings.open = !narrow.matches;
  };
  narrow.addEventListener('change', fold);
  fold();
  const side = { class: 'side', onsubmit: (event: Event) => event.preventDefault() };
  const rest = controls.filter((control) => !isSetting(control));
  const folded = rest.length < controls.length ? [settings] : [];
  return el('div', { class: 'bench' }, el('form', side, ...folded, ...rest), ...results);
}

/** Cards, one below the other. */
export function column(...cards: readonly (Node | string)[]): HTMLElement {
  return el('div', { class: 'column' }, ...cards);
}
