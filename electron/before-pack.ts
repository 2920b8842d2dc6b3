/**
 * Before electron-builder packs: is all there that the package needs? npm installs DuckDB's binary only for the system that it runs on,
 * so a package for another one (the second architecture of macOS) would start and then fail at its first query.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** electron-builder's numbers for architectures (builder-util, Arch). */
const archNames: Readonly<Record<number, string>> = { 1: 'x64', 3: 'arm64' };

/** What is missing under `root` for a package for that system, as sentences that say what to do. */
export const missingParts = (root: string, platform: string, arch: string): string[] => {
  const missing: string[] = [];
  const built = ['dist/electron/main.js', 'dist/electron/preload.cjs', 'dist/renderer/index.html'];
  for (const file of built.filter((path) => !existsSync(join(root, path))))
    missing.push(`${file} is missing: run "npm run build" and "node electron/build.ts" first.`);
  const bindings = `@duckdb/node-bindings-${platform}-${arch}`;
  if (!existsSync(join(root, 'node_modules', bindings, 'duckdb.node'))) {
    const { version } = JSON.parse(
      readFileSync(join(root, 'node_modules', '@duckdb', 'node-bindings', 'package.json'), 'utf8'),
    ) as { version: string };
    missing.push(
      `${bindings} is missing: run "npm install --no-save --force --os=${platform} --cpu=${arch} ${bindings}@${version}" first.`,
    );
  }
  if (!existsSync(join(root, 'node_modules', 'better-sqlite3', 'prebuilds', `${platform}-${arch}.node`)))
    missing.push(`better-sqlite3 has no binary for ${platform}-${arch}: Tiffin cannot be packaged for it.`);
  return missing;
};

interface PackContext {
  readonly electronPlatformName: string;
  readonly arch: number;
  readonly packager: { readonly projectDir: string };
}

export const beforePack = async (context: PackContext): Promise<void> => {
  const arch = archNames[context.arch] ?? `architecture ${context.arch}`;
  const missing = missingParts(context.packager.projectDir, context.electronPlatformName, arch);
  if (missing.length > 0) throw new Error(missing.join('\n'));
};
