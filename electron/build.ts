/**
 * Bundles the shell to dist/electron: main.js as an ES module for Electron's Node, preload.cjs as the CommonJS that a sandboxed
 * preload must be. Run by `npm run electron` and `npm run package`; takes well under a second.
 */
import { join } from 'node:path';
import { build } from 'vite';

const root = import.meta.dirname;
const entries = [
  { entry: 'main.ts', format: 'es', fileName: 'main.js', emptyOutDir: true },
  { entry: 'preload.ts', format: 'cjs', fileName: 'preload.cjs', emptyOutDir: false },
] as const;

for (const { entry, format, fileName, emptyOutDir } of entries) {
  await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: ['electron'] },
    build: {
      ssr: join(root, entry),
      outDir: join(root, '..', 'dist', 'electron'),
      emptyOutDir,
      target: 'node24',
      minify: false,
      rolldownOptions: { output: { format, entryFileNames: fileName, codeSplitting: false } },
    },
  });
}
