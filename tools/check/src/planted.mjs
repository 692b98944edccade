import { join } from 'node:path';
import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';
import { ROOT } from './root.mjs';

/**
 * Imports that must be refused, and one that must be allowed. Without a project graph the boundary rule finds nothing and lint passes: these
 * prove that it works.
 *
 * @type {readonly { why: string, path: string, source: string, refused: boolean }[]}
 */
export const PLANTED = [
  {
    why: 'the browser knows one contract, the gateway’s',
    path: 'apps/web/src/planted.ts',
    source: `import '@perennial/contracts-chat';\n`,
    refused: true,
  },
  {
    why: 'nothing points up: auth may not call chat',
    path: 'apps/auth/src/planted.ts',
    source: `import '@perennial/contracts-chat';\n`,
    refused: true,
  },
  {
    why: 'a contract imports no framework',
    path: 'libs/contracts/chat/src/planted.ts',
    source: `import '@nestjs/common';\n`,
    refused: true,
  },
  {
    why: 'an application is not a library',
    path: 'apps/gateway/src/planted.ts',
    source: `import '../../chat/src/main';\n`,
    refused: true,
  },
  {
    why: 'the gateway may call chat',
    path: 'apps/gateway/src/planted.ts',
    source: `import '@perennial/contracts-chat';\n`,
    refused: false,
  },
];

const RULE = '@nx/enforce-module-boundaries';

/**
 * Lints the planted imports through Nx's rule with the repository's own configuration.
 *
 * @returns {Promise<string[]>} wrong verdicts of the rule
 */
export async function checkPlanted() {
  process.env['NX_DAEMON'] ??= 'false';
  // The rule reads the graph of the last run from disk; this updates it.
  await createProjectGraphAsync({ exitOnError: false });
  const eslint = new ESLint({ cwd: ROOT });
  /** @type {string[]} */
  const wrong = [];
  for (const { why, path, source, refused } of PLANTED) {
    const results = await eslint.lintText(source, { filePath: join(ROOT, path) });
    const found = results.flatMap(({ messages }) => messages).some(({ ruleId }) => ruleId === RULE);
    if (found !== refused) wrong.push(`${path}: ${source.trim()} was ${refused ? 'not refused' : 'refused'} (${why})`);
  }
  return wrong;
}
