export function undisturbed(
  measure: () => readonly number[] | Promise<readonly number[]>,
): Promise<{ readonly time: number; readonly again: number; readonly disturbed: boolean }>;
