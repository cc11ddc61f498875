import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Programs that tests start keep their compiled sources here: half the time to start.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/tdc-compiled') },
    include: ['{shared,agent,server,custodian,test}/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // On two cores: tests wait for a third of their time.
    maxWorkers: 3,
  },
});
