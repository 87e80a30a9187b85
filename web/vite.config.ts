import { defineConfig } from 'vite';

// Scripts and styles are files of our own origin: the Content-Security-Policy
// allows nothing inline. JSX is compiled for Preact without a plug-in.
export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: 'static/dist', emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022', modulePreload: { polyfill: false } },
});
