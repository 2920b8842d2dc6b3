/**
 * Where a suite's results go: always to the terminal, and to a JSON file as well when `TIFFIN_TEST_REPORTS` names a
 * folder. CI adds those files up for its last line.
 */
import { join } from 'node:path';

export const reporting = (
  suite: string,
): { reporters: ('default' | 'json')[]; outputFile?: Record<string, string> } => {
  const folder = process.env['TIFFIN_TEST_REPORTS'];
  if (folder === undefined) return { reporters: ['default'] };
  return { reporters: ['default', 'json'], outputFile: { json: join(folder, `${suite}.json`) } };
};
