/** The path of the program in dist/. */
export const command: string;
/** Whether `dist` (the default) or `program` is missing, or was made from other sources. */
export function isStale(what?: 'dist' | 'program'): boolean;
