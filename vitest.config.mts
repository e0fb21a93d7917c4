import { defineConfig } from 'vitest/config';

// Forks, not threads: every file gets a process and an engine of its own. 2 of them, as wide as the smallest machine we promise.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], pool: 'forks', maxWorkers: 2, testTimeout: 30_000 },
});
