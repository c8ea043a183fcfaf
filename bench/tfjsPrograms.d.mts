interface Program {
  // biome-ignore lint/suspicious/noExplicitAny: of TF.js, which is imported without types
  readonly model: any;
  // biome-ignore lint/suspicious/noExplicitAny: tensors of TF.js
  readonly batch: (size: number) => { x: any; y: any };
}

/** Models of TF.js's examples by name. */
export const PROGRAMS: Readonly<
  Record<string, (tf: object, sizes?: { units?: number; length?: number }) => Program>
>;
