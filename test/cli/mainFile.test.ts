import { describe, expect, test } from 'vitest';
import { mainFile } from '../../src/modelFiles/mainFile.ts';
import { charRnnFiles, textCases } from '../fixtures/text/read.ts';

const text = (json: object) => new TextEncoder().encode(JSON.stringify(json));
const hdf5 = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);
const onnx = Uint8Array.of(0x08, 0x07, 0x12, 0x04);
const noise = Uint8Array.of(0, 1, 2, 255);
const { charRnn } = await textCases();

describe('the file by which a model is opened, whatever the order', () => {
  test.each([
    [
      'model.json',
      { 'a.bin': noise, 'model.json': text({ modelTopology: {} }), 'meta.json': text({ a: 1 }) },
    ],
    ['net.json', { 'net.h5': hdf5, 'net.json': text({ class_name: 'Sequential', config: {} }) }],
    ['model.onnx', { 'config.json': text({ a: 1 }), 'read me.md': noise, 'model.onnx': onnx }],
    ['amp.json', { 'notes.bin': noise, 'amp.json': text({ layers: [] }) }],
    ['manifest.json', charRnnFiles(charRnn['one generation']!)],
  ])('%s', (main, named: Record<string, Uint8Array>) => {
    const files = Object.entries(named).map(([name, bytes]) => ({ name, bytes }));
    for (let i = 0; i < files.length; i++) {
      files.push(files.shift()!);
      expect(mainFile(files).name).toBe(main);
      expect(mainFile(files.toReversed()).name).toBe(main);
    }
  });

  test('the first one, where none is a model', () => {
    expect(
      mainFile([
        { bytes: noise, name: 'a' },
        { bytes: new Uint8Array(), name: 'b' },
      ]).name,
    ).toBe('a');
  });
});
