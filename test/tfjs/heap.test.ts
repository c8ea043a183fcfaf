import { beforeAll, describe, expect, test } from 'vitest';
import { MemoryError } from '../../src/errors.ts';
import { Heap, sizeClass } from '../../src/tfjs/heap.ts';
import { init } from '../../src/wasm/inlined.ts';
import { generator } from '../reference/random.ts';

beforeAll(() => init());

test('a size class holds what is asked for, on a boundary of 64, with a fifth to spare at most', () => {
  for (let bytes = 0; bytes < 70_000; bytes += bytes < 1100 ? 1 : 331) {
    const size = sizeClass(bytes);
    expect(size % 64).toBe(0);
    expect(size).toBeGreaterThanOrEqual(bytes);
    if (bytes > 256) expect((size - bytes) / size).toBeLessThanOrEqual(0.2);
    expect(sizeClass(size)).toBe(size);
  }
});

describe('Heap', () => {
  test('blocks in use never overlap, and the memory stays as large as the most that were', () => {
    const heap = new Heap();
    const next = generator(1);
    const used: { ptr: number; bytes: number }[] = [];
    let largest = 0;
    for (let i = 0; i < 1000; i++) {
      if (i === 500) largest = heap.bytes;
      if (used.length > 40 || (used.length > 0 && next() < 0.5)) {
        const [{ ptr, bytes }] = used.splice(Math.floor(next() * used.length), 1) as [(typeof used)[0]];
        heap.release(ptr, bytes);
        continue;
      }
      const bytes = Math.floor(1 + next() ** 3 * 40_000);
      const ptr = heap.take(bytes);
      expect(ptr % 64).toBe(0);
      expect(ptr + bytes).toBeLessThanOrEqual(heap.bytes);
      for (const other of used) {
        expect(ptr >= other.ptr + other.bytes || ptr + bytes <= other.ptr).toBe(true);
      }
      used.push({ ptr, bytes });
    }
    expect(heap.bytes).toBeLessThanOrEqual(1.5 * largest);
  });

  test('a freed block is the next one of its size', () => {
    const heap = new Heap();
    const first = heap.take(1000);
    const second = heap.take(1000);
    heap.release(first, 1000);
    expect(heap.take(990)).toBe(first);
    expect(heap.take(1000)).not.toBe(second);
  });

  test('too much memory is refused, and changes nothing', () => {
    const heap = new Heap();
    heap.take(1000);
    const { bytes } = heap;
    expect(() => heap.take(2 ** 31)).toThrow(MemoryError);
    expect(heap.bytes).toBe(bytes);
    expect(heap.take(1000)).toBeGreaterThan(0);
  });
});
