import { instance, integer, oneOf, reading } from '../check.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { MemoryArena } from '../memory/arena.ts';
import type { Region } from '../memory/layout.ts';
import { gemmWork } from '../memory/workspace.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { Arena } from './arena.ts';

/** Floats in an arena: a region, or a byte offset. */
export type Pointer = Region | number;

/**
 * C[m, n] = op(A)[m, k] · op(B)[k, n] + beta·C. Row-major, unlike BLAS. op transposes for 't', so A is [m, k] or [k,
 * m]. lda, ldb, ldc: row strides in floats. alpha is 1.
 *
 * Needs `gemmWork(m, n, k)` free bytes in the arena.
 * @param beta 0 (C is not read) or 1
 * @throws {ArgumentError} if a size, flag or pointer is invalid, or both A and B are transposed, which is not
 * supported
 * @throws {ShapeError} if a matrix exceeds its region or the arena
 * @throws {MemoryError} if there is not enough free scratch memory
 */
export function sgemm(
  arena: Arena,
  transA: 'n' | 't',
  transB: 'n' | 't',
  m: number,
  n: number,
  k: number,
  a: Pointer,
  lda: number,
  b: Pointer,
  ldb: number,
  beta: number,
  c: Pointer,
  ldc: number,
): void {
  const ta = transposed('transA', transA);
  const tb = transposed('transB', transB);
  if (ta && tb) throw new ArgumentError('transB', "'n' if transA is 't'", transB);
  integer('m', m, 0);
  integer('n', n, 0);
  integer('k', k, 0);
  const kernels = kernelsOf(arena);
  const pa = matrix(arena, 'a', a, ta ? k : m, ta ? m : k, 'lda', lda);
  const pb = matrix(arena, 'b', b, tb ? n : k, tb ? k : n, 'ldb', ldb);
  const pc = matrix(arena, 'c', c, m, n, 'ldc', ldc);
  zeroOrOne(beta);
  const work = arena.scratch(gemmWork(m, n, k));
  kernels[ta ? 'sgemm_tn' : tb ? 'sgemm_nt' : 'sgemm_nn'](m, n, k, pa, lda, pb, ldb, beta, pc, ldc, work);
}

/**
 * y = op(A)·x + beta·y with A[m, n] row-major, lda its row stride in floats: y[m] and x[n], or for 't' y[n] and x[m].
 * alpha is 1. For 't', needs `gemmWork(1, n, m)` free bytes in the arena.
 * @throws as {@link sgemm}
 */
export function sgemv(
  arena: Arena,
  trans: 'n' | 't',
  m: number,
  n: number,
  a: Pointer,
  lda: number,
  x: Pointer,
  beta: number,
  y: Pointer,
): void {
  const t = transposed('trans', trans);
  integer('m', m, 0);
  integer('n', n, 0);
  const kernels = kernelsOf(arena);
  const pa = matrix(arena, 'a', a, m, n, 'lda', lda);
  const px = reach(arena, 'x', x, t ? m : n);
  const py = reach(arena, 'y', y, t ? n : m);
  zeroOrOne(beta);
  if (t) kernels.sgemv_n(n, m, px, pa, lda, beta, py, arena.scratch(gemmWork(1, n, m)));
  else kernels.sgemv_t(m, n, px, pa, lda, beta, py);
}

/** y[n] += alpha·x[n]. @throws as {@link sgemm} */
export function saxpy(arena: Arena, n: number, alpha: number, x: Pointer, y: Pointer): void {
  integer('n', n, 0);
  checkNumber('alpha', alpha);
  kernelsOf(arena).vec_axpy(n, alpha, reach(arena, 'x', x, n), reach(arena, 'y', y, n));
}

/** x[n] *= alpha. @throws as {@link sgemm} */
export function sscal(arena: Arena, n: number, alpha: number, x: Pointer): void {
  integer('n', n, 0);
  checkNumber('alpha', alpha);
  kernelsOf(arena).vec_scale(n, alpha, reach(arena, 'x', x, n));
}

/** Σ x[n]·y[n]. @throws as {@link sgemm} */
export function sdot(arena: Arena, n: number, x: Pointer, y: Pointer): number {
  integer('n', n, 0);
  return kernelsOf(arena).vec_dot(n, reach(arena, 'x', x, n), reach(arena, 'y', y, n));
}

/** √Σ x[n]², summed in float64. @throws as {@link sgemm} */
export function snrm2(arena: Arena, n: number, x: Pointer): number {
  integer('n', n, 0);
  return Math.sqrt(kernelsOf(arena).vec_sum_squares(n, reach(arena, 'x', x, n)));
}

function transposed(name: string, value: unknown): boolean {
  return oneOf(name, value, ['n', 't']) === 't';
}

function zeroOrOne(beta: unknown): void {
  if (beta !== 0 && beta !== 1) throw new ArgumentError('beta', '0 or 1', beta);
}

function matrix(
  arena: Arena,
  name: string,
  at: Pointer,
  rows: number,
  columns: number,
  ldName: string,
  ld: number,
): number {
  integer(ldName, ld, columns);
  return reach(arena, name, at, rows === 0 ? 0 : (rows - 1) * ld + columns);
}

function checkNumber(name: string, value: unknown): void {
  if (typeof value !== 'number') throw new ArgumentError(name, 'a number', value);
}

function kernelsOf(arena: Arena): KernelCalls {
  instance('arena', arena, Arena, 'an Arena');
  return arena.kernels;
}

/** A copy of a region's description. */
function regionOf(name: string, at: Region): { ptr: number; length: number } {
  return reading(name, at, () => {
    const { ptr, length } = at ?? {};
    return { ptr, length };
  });
}

/** Pointer to `floats` floats, checked to be inside their region and the arena. */
function reach(arena: Arena, name: string, at: Pointer, floats: number): number {
  const { ptr, length } = typeof at === 'number' ? { ptr: at, length: Infinity } : regionOf(name, at);
  if (
    typeof ptr !== 'number' ||
    typeof length !== 'number' ||
    !Number.isInteger(ptr / 4) ||
    ptr < MemoryArena.start ||
    !(length >= 0)
  ) {
    throw new ArgumentError(name, `a region, or a multiple of 4 that is at least ${MemoryArena.start}`, at);
  }
  const room = Math.min(length, (arena.bytes - ptr) / 4);
  if (floats > room) throw new ShapeError(name, `room for ${floats} floats`, `room for ${room}`);
  return ptr;
}
