import { configDefaults, defineConfig } from 'vitest/config';

// Real weights and images take minutes, and only some machines have them: `npm run test:real`.
// Forks, not threads: every file gets a process and an engine of its own. 2 of them, as wide as the smallest machine we promise.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/real/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    execArgv: ['--require', './test/typescript-in-workers.cjs'],
  },
});
