import { expose } from 'unrolled/worker/host';
import { outlook } from '../tabs/series/outlook.ts';
import { write } from './write.ts';

/** The worker that trains, and what it does between two updates when asked. */
expose({ outlook, write });
