import { dropped } from './dropped.ts';
import { el } from './el.ts';

/** A place for files and folders: to drop them, or to choose files by mouse or keyboard. */
export function dropZone(title: string, hint: string, take: (files: readonly File[]) => void): HTMLElement {
  const input = el('input', {
    ...{ type: 'file', multiple: true, class: 'hidden-input' },
    onchange: () => {
      take([...(input.files ?? [])]);
      // the same file again is a change, too
      input.value = '';
    },
  });
  const over = (is: boolean) => () => root.classList.toggle('over', is);
  const root = el(
    'label',
    {
      class: 'drop',
      ondragover: (event: DragEvent) => {
        event.preventDefault();
        over(true)();
      },
      ondragleave: over(false),
      ondrop: (event: DragEvent) => {
        event.preventDefault();
        event.stopPropagation();
        over(false)();
        void dropped(event.dataTransfer).then(take);
      },
    },
    el('strong', {}, title),
    el('span', {}, hint),
    input,
  );
  return root;
}
