import { defineConfig } from 'vitest/config';

// Gradients of every policy on the real DeiT-Ti and real images, where the data folder is there (test/shared-data.ts).
export default defineConfig({
  test: { include: ['test/real/**/*.test.ts'], pool: 'forks', maxWorkers: 1, testTimeout: 240_000, hookTimeout: 240_000 },
});
