/**
 * Builds the UI into dist/renderer. Everything is served from the engine's own origin under a strict
 * Content-Security-Policy: no inline scripts, no remote fonts, workers as files.
 */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path('./renderer'),
  base: '/',
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    outDir: path('./dist/renderer'),
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    /** Small files would become data: URLs, which the policy allows only for fonts and images. */
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    /** Monaco and elkjs are large by nature; both load only on the page that needs them, from the same machine. */
    chunkSizeWarningLimit: 6000,
  },
});
