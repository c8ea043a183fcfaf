import './style/base.css';
import './style/parts.css';
import { keepOffline } from './offline.ts';
import { tabs } from './ui/tabs.ts';

tabs(document.querySelector<HTMLElement>('#tabs')!, [
  { id: 'text', label: 'Text', open: async () => (await import('./tabs/text.ts')).textTab },
]);
keepOffline();
