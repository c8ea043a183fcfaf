export interface Block {
  /** The heading before it, with a number if it is not the first there. */
  readonly title: string;
  readonly code: string;
}
export function blocks(text: string, language: 'js' | 'ts'): Block[];
export function fileOf(text: string, name: string): string;
export function misprint(code: string, output: string): string | undefined;
