import './style/base.css';
import './style/parts.css';
import './style/series.css';
import './style/melody.css';
import './style/audio.css';
import './style/benchmark.css';
import './style/tensorflow.css';
import './style/watch.css';
import './style/model.css';
import { keepOffline } from './offline.ts';
import { tabs } from './ui/tabs.ts';

tabs(document.querySelector<HTMLElement>('#tabs')!, [
  { id: 'watch', label: 'Unrolled', open: async () => (await import('./tabs/watch.ts')).watchTab },
  { id: 'text', label: 'Text', open: async () => (await import('./tabs/text.ts')).textTab },
  { id: 'series', label: 'Time series', open: async () => (await import('./tabs/series.ts')).seriesTab },
  { id: 'melody', label: 'Melody', open: async () => (await import('./tabs/melody.ts')).melodyTab },
  { id: 'audio', label: 'Audio', open: async () => (await import('./tabs/audio.ts')).audioTab },
  { id: 'model', label: 'Your model', open: async () => (await import('./tabs/model.ts')).modelTab },
  {
    id: 'tensorflow',
    label: 'TensorFlow.js',
    open: async () => (await import('./tabs/tensorflow.ts')).tensorflowTab,
  },
  {
    id: 'benchmark',
    label: 'Benchmark',
    open: async () => (await import('./tabs/benchmark.ts')).benchmarkTab,
  },
]);
keepOffline();
