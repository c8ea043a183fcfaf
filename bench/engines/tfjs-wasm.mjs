import { openTfjs } from './tfjs.mjs';

export const open = () => openTfjs('wasm');
