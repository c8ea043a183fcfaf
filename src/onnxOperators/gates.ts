import { ACTIVATIONS } from '../activationTable.ts';
import type { PlannedNode } from '../onnxSession/node.ts';

/** A function of a recurrent operator, with what the kernels are given. */
export interface Gate {
  readonly name: string;
  readonly alpha: number;
  readonly beta: number;
}

/** By name in lower case: α and β, where it has them. ONNX's functions, and those of layers that loops have. */
export const GATES: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(
    Object.entries<{ readonly alpha?: number; readonly beta?: number; readonly kind: number }>(
      ACTIVATIONS,
    ).map(([name, { alpha, beta }]) => [name, [alpha, beta].filter((own) => own !== undefined)]),
  ),
  thresholdedrelu: [1],
};

/** The functions of all directions; those that have α or β take the next ones of the lists. */
export function gatesOf(
  node: Pick<PlannedNode, 'texts' | 'floats' | 'fail'>,
  usual: readonly string[],
  directions: number,
): Gate[] {
  const names = node.texts('activations') ?? new Array(directions).fill(usual).flat();
  if (names.length !== usual.length * directions) {
    node.fail(`${names.length} activations where ${usual.length * directions} are expected`);
  }
  const alphas = node.floats('activation_alpha')?.values();
  const betas = node.floats('activation_beta')?.values();
  return names.map((given: string) => {
    const name = given.toLowerCase();
    const own = GATES[name] ?? node.fail(`activation ${given}`);
    const next = (from: IterableIterator<number> | undefined, i: number) =>
      own.length > i ? (from?.next().value ?? own[i]!) : 0;
    return { name, alpha: next(alphas, 0), beta: next(betas, 1) };
  });
}

/** Computes a function in place over n floats: `kernel` by the kernels, or `own` over the view. */
export function gateKind({ name }: Gate): number {
  return name === 'thresholdedrelu' ? -1 : ACTIVATIONS[name as keyof typeof ACTIVATIONS].kind;
}
