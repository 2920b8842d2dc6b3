export const writeConformancePage = (dir: string): string => `records are in ${dir}`;
