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
    why: 'parts of the page know no route and no server',
    path: 'libs/web/ui/src/planted.ts',
    source: `import '@perennial/contracts-gateway';\n`,
    refused: true,
  },
  {
    why: 'an application is not a library',
    path: 'apps/gateway/src/planted.ts',
    source: `import '../../chat/src/main';\n`,
    refused: true,
  },
  {
    why: 'a service does not run the code of another one',
    path: 'apps/gateway/src/planted.ts',
    source: `import '@perennial/chat/operator';\n`,
    refused: true,
  },
  {
    why: 'the command line runs the services’ code',
    path: 'apps/cli/src/planted.ts',
    source: `import '@perennial/chat/operator';\n`,
    refused: false,
  },
  {
    why: 'the gateway may call chat',
    path: 'apps/gateway/src/planted.ts',
    source: `import '@perennial/contracts-chat';\n`,
    refused: false,
  },
];

/**
 * Code that is not in the one style, and code that is.
 *
 * @type {readonly { why: string, source: string, refused: boolean }[]}
 */
export const PLANTED_STYLE = [
  { why: 'a private member is `private`', source: 'export class A { #a = 1; b() { return this.#a; } }', refused: true },
  {
    why: 'one logger',
    source: `import { Logger } from '@nestjs/common'; export const a = new Logger('A');`,
    refused: true,
  },
  { why: 'a logger is called log', source: `export class A { private readonly logger = f(); }`, refused: true },
  { why: 'the name of a logger', source: `export const log = runtime.logger('Run worker');`, refused: true },
  { why: 'spelling of log fields', source: `log.warn({ errorId: 'a' }, 'failed');`, refused: true },
  { why: 'names of log fields', source: `this.log.info({ run: run.id }, 'ended');`, refused: true },
  { why: 'no injection into fields', source: `export class A { @Inject(B) private readonly b!: B; }`, refused: true },
  { why: 'dependencies are readonly', source: `export class A { constructor(private b: B) {} }`, refused: true },
  {
    why: 'no bags of dependencies',
    source: `@Injectable() export class RunTools { constructor(private readonly a: A, private readonly b: B) {} }`,
    refused: true,
  },
  {
    why: 'dependencies are not lent',
    source: `@Injectable() export class A { constructor(readonly b: B) {} c() { return this.b; } }`,
    refused: true,
  },
  {
    why: 'migrations one file each',
    source: `export const MIGRATIONS = [defineMigration('A1763800000001', { up: [] })];`,
    refused: true,
  },
  {
    why: 'the one style',
    source: `@Injectable() export class A {
      private readonly log: Logger;
      constructor(private readonly b: B, runtime: Runtime) { this.log = runtime.logger('run-worker'); }
      c(error: unknown) { this.log.warn({ err: error, run_id: this.b.id }, 'ended'); }
    }`,
    refused: false,
  },
];

/**
 * Imports of the page that are wrapped in one place, and that place.
 *
 * @type {readonly { why: string, path: string, source: string, refused: boolean }[]}
 */
export const PLANTED_WRAPPED = [
  {
    why: 'the page lexes no Markdown of its own',
    path: 'apps/web/src/planted.ts',
    source: `import { marked } from 'marked';\n`,
    refused: true,
  },
  {
    why: 'formulas are drawn in one place, whichever file of KaTeX it is',
    path: 'libs/web/ui/src/planted.ts',
    source: `import 'katex/dist/katex.min.css';\n`,
    refused: true,
  },
  {
    why: 'that place',
    path: 'libs/web/ui/src/markdown/lex/planted.ts',
    source: `import { Lexer } from 'marked';\n`,
    refused: false,
  },
];

/**
 * Words in a component of the page, and what only looks like it.
 *
 * @type {readonly { why: string, path: string, source: string, refused: boolean }[]}
 */
export const PLANTED_WORDS = [
  { why: 'a text', source: 'export const a = <p>Try again</p>;', refused: true },
  { why: 'a name that is only heard', source: 'export const a = <button aria-label="Close" />;', refused: true },
  { why: 'one of two words', source: `export const a = (b: boolean) => (b ? 'Stopped' : t('c'));`, refused: true },
  { why: 'an item of a menu', source: `export const a = [{ name: 'Rename', keys: 'F2' }];`, refused: true },
  { why: 'a sentence with a value', source: 'export const a = (b: string) => `Nothing matches ${b}.`;', refused: true },
  { why: 'the reason of a failure', source: `throw new Error('No model is connected yet.');`, refused: true },
  {
    why: 'texts by their ids, names of keys and classes',
    source: `export const a = (b: string) => (
      <p className="big row" title={t('a.b')} data-a="deep" onKeyDown={({ key }) => key === 'Enter' && f(\`row:\${b}\`)}>Perennial</p>
    );`,
    refused: false,
  },
].map((each) => ({ ...each, path: 'apps/web/src/planted.tsx' }));

const BOUNDARIES = '@nx/enforce-module-boundaries';
const STYLE = 'no-restricted-syntax';
const WRAPPED = 'no-restricted-imports';

/**
 * Lints what is planted with the repository's own configuration.
 *
 * @returns {Promise<string[]>} what the rules judged wrongly; empty when they are awake
 */
export async function checkPlanted() {
  process.env['NX_DAEMON'] ??= 'false';
  // The rule reads the graph of the last run from disk; this updates it.
  await createProjectGraphAsync({ exitOnError: false });
  const eslint = new ESLint({ cwd: ROOT });
  /** @type {string[]} */
  const wrong = [];
  const planted = [
    ...PLANTED.map((each) => ({ ...each, rule: BOUNDARIES })),
    ...PLANTED_WRAPPED.map((each) => ({ ...each, rule: WRAPPED })),
    ...PLANTED_WORDS.map((each) => ({ ...each, rule: STYLE })),
    ...PLANTED_STYLE.map((each) => ({ ...each, rule: STYLE, path: 'apps/chat/src/planted.ts' })),
  ];
  for (const { why, path, source, refused, rule } of planted) {
    const results = await eslint.lintText(source, { filePath: join(ROOT, path) });
    const found = results.flatMap(({ messages }) => messages).some(({ ruleId }) => ruleId === rule);
    if (found !== refused) wrong.push(`${path}: ${source.trim()} was ${refused ? 'not refused' : 'refused'} (${why})`);
  }
  return wrong;
}
