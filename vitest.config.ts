import { defineConfig } from 'vitest/config';

/** `npm run deploy:test -- --long`: also the deployment tests that CI has no time for. */
const LONG = process.env['DEPLOY_TEST_LONG'] === '1';

const exclude = ['**/node_modules/**', '**/dist/**'];

/**
 * Three tiers: `unit` (no server), `medium` (one module on real Postgres and Redis, started once by the global setup), and
 * `e2e` (the built system from outside). Beside them `deploy`: the files that an operator installs the system with.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{apps,libs,tools,e2e}/**/*.spec.{ts,tsx}'],
          exclude: [...exclude, '**/*.medium.spec.ts'],
        },
      },
      {
        test: {
          name: 'medium',
          include: ['{apps,libs,tools}/**/*.medium.spec.ts'],
          exclude,
          globalSetup: ['libs/testing/src/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/src/**/*.e2e.ts'],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'deploy',
          include: ['deploy', ...(LONG ? ['long'] : [])].map((form) => `tools/deploy-tests/src/**/*.${form}.ts`),
          exclude,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
