import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** `npm run deploy:test -- --long`: also the deployment tests that CI has no time for. */
const LONG = process.env['DEPLOY_TEST_LONG'] === '1';

const exclude = ['**/node_modules/**', '**/dist/**'];
const e2e = 'e2e/src/**/*.e2e.ts';
const deploy = ['deploy', ...(LONG ? ['long'] : [])].map((form) => `tools/deploy-tests/src/**/*.${form}.ts`);
/** They judge what people see within seconds, while the load is as high as the machine can bear: nothing runs beside them. */
const alone = ['e2e/src/{chaos,failover,fuzz}.e2e.ts', 'tools/deploy-tests/src/upgrade/upgrade.deploy.ts'];
/**
 * The files that take longest, which begin first. Vitest would begin with the largest files, and these run programs. Among themselves they stay in
 * the order of their size: Milvus, which starts slowly beside other stores that start, is not among the first of its tier.
 */
const longest = [
  'apps/chat/test/stores.medium.spec.ts',
  'apps/chat/test/owners.medium.spec.ts',
  'apps/retrieval/test/stores.medium.spec.ts',
  'apps/retrieval/test/steps.medium.spec.ts',
  'tools/generators/src/feature.medium.spec.ts',
  'libs/vector-store/test/milvus.medium.spec.ts',
  'libs/vector-store/test/opensearch.medium.spec.ts',
  'libs/vector-store/test/qdrant.medium.spec.ts',
  'libs/vector-store/test/chroma.medium.spec.ts',
  'libs/vector-store/test/pgvector.medium.spec.ts',
  'e2e/src/documents-page.e2e.ts',
  'e2e/src/retrieval.e2e.ts',
  'e2e/src/web/chat.e2e.ts',
  'e2e/src/web/page.e2e.ts',
  'tools/deploy-tests/src/second-site/second-site.deploy.ts',
];
/** Files share the processes that run them: a process for each would mostly load packages, again and again. */
const shared = { isolate: false, setupFiles: ['tools/test-runner/src/fresh-modules.mjs'] };
/** Whole systems, which mostly wait: two at once. */
const system = {
  testTimeout: 120_000,
  hookTimeout: 180_000,
  // On a loaded machine a page alone takes longer to load than the second that a condition has by default.
  expect: { poll: { timeout: 10_000 } },
  maxWorkers: 2,
  sequence: { groupOrder: 2 },
};

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longest.some((path) => moduleId.endsWith(path));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/**
 * Three tiers: `unit` (no server), `medium` (one module on real Postgres and Redis, started once by the global setup), and
 * `e2e` (the built system from outside). Beside them `deploy`: the files that an operator installs the system with. Some of both are `alone`.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{apps,libs,tools,e2e}/**/*.spec.{ts,tsx}'],
          exclude: [...exclude, '**/*.medium.spec.ts'],
          // The default leaves a core idle.
          maxWorkers: '100%',
          ...shared,
          testTimeout: 15_000,
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
          // They mostly wait: with four of them two cores are half idle.
          maxWorkers: 5,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: 'e2e', include: [e2e], exclude: [...exclude, ...alone], ...system } },
      { test: { name: 'deploy', include: deploy, exclude: [...exclude, ...alone], ...system } },
      {
        test: {
          ...system,
          name: 'alone',
          include: alone,
          exclude,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
