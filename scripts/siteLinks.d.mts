export function checkSite(folder: string): { pages: number; faults: string[] };
