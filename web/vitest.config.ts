import { defineConfig } from 'vitest/config';

// css: a test reads the style sheets.
export default defineConfig({ test: { css: true, setupFiles: ['test/setup.ts'] } });
