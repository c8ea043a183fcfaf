import { beforeAll, describe, expect, test } from 'vitest';
import { MemoryError } from '../../src/errors.ts';
import { MemoryArena } from '../../src/memory/arena.ts';
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

  const MiB = 2 ** 20;
  const takeAll = (heap: Heap, sizes: readonly number[]) => {
    const all = sizes.map((bytes) => ({ ptr: heap.take(bytes), bytes }));
    return () => {
      for (const { ptr, bytes } of all) heap.release(ptr, bytes);
    };
  };

  test('what is free is used again for larger blocks', () => {
    const heap = new Heap();
    for (const size of [1, 2, 4, 8]) takeAll(heap, new Array(Math.floor(500 / size)).fill(size * MiB))();
    expect(heap.bytes).toBeLessThan(512 * MiB);
    heap.take(128 * MiB);
    expect(heap.bytes).toBeLessThan(512 * MiB);
  });

  test('what is free is used again for smaller blocks', () => {
    const heap = new Heap();
    takeAll(heap, [448 * MiB])();
    for (const size of [8, 4, 2, 1]) takeAll(heap, new Array(Math.floor(440 / size)).fill(size * MiB))();
    expect(heap.bytes).toBeLessThan(1024 * MiB);
  });

  test('blocks that grow from call to call need no more memory than the last ones', () => {
    const heap = new Heap();
    const weights = takeAll(heap, [MiB, 3000, MiB]);
    for (let bytes = MiB; bytes < 500 * MiB; bytes *= 1.19) takeAll(heap, [bytes, bytes, bytes / 4, bytes])();
    weights();
  });

  test('small holes between blocks in use stay for small blocks', () => {
    const heap = new Heap();
    const blocks = Array.from({ length: 640 }, () => heap.take(MiB / 8));
    for (const [i, ptr] of blocks.entries()) if (i % 2 === 0) heap.release(ptr, MiB / 8);
    const holes = new Set(blocks.filter((_, i) => i % 2 === 0));
    // merged, without neighbours
    const large = heap.take(64 * MiB);
    expect(large).toBeGreaterThan(Math.max(...blocks));
    for (const _ of holes) expect(holes.has(heap.take(MiB / 8))).toBe(true);
    expect(heap.take(MiB / 8)).toBeGreaterThan(large);
  });

  test.each([1, 2, 3])(
    'random blocks never overlap, and when all are freed one block has all bytes: seed %i',
    (seed) => {
      const heap = new Heap();
      const next = generator(seed);
      /** In the order of their addresses. */
      const used: { ptr: number; end: number; bytes: number }[] = [];
      let live = 0;
      let most = 0;
      const release = (i: number) => {
        const [{ ptr, bytes }] = used.splice(i, 1) as [(typeof used)[0]];
        heap.release(ptr, bytes);
        live -= sizeClass(bytes);
      };
      for (let i = 0; i < 4000; i++) {
        // sometimes most of them are freed
        if (next() < 0.002) while (used.length > 5) release(Math.floor(next() * used.length));
        if (used.length > 0 && next() < used.length / 400) {
          release(Math.floor(next() * used.length));
          continue;
        }
        const bytes = Math.floor(1 + next() ** 6 * 8 * MiB);
        const ptr = heap.take(bytes);
        const end = ptr + sizeClass(bytes);
        const at = used.filter((other) => other.ptr < ptr).length;
        const before = used[at - 1]?.end ?? MemoryArena.start;
        const after = used[at]?.ptr ?? heap.bytes;
        expect(ptr % 64 === 0 && before <= ptr && end <= after).toBe(true);
        used.splice(at, 0, { ptr, end, bytes });
        most = Math.max(most, (live += sizeClass(bytes)));
      }
      expect(most).toBeGreaterThan(64 * MiB);
      expect(heap.bytes).toBeLessThan(3 * most);
      while (used.length > 0) release(Math.floor(next() * used.length));
      expect(heap.take(1024 * MiB)).toBe(MemoryArena.start);
    },
  );
});
