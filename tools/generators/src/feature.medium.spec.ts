import { execFile, type ExecFileOptions } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MINUTES = 60_000;

const execute = promisify(execFile);
async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    NX_WORKSPACE_ROOT_PATH: undefined,
    NODE_OPTIONS: '',
  };
  const options: ExecFileOptions = { cwd, env, maxBuffer: 64 << 20, timeout: 8 * MINUTES };
  try {
    return String((await execute(command, args, options)).stdout);
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** In a copy of the working tree, like a developer: the generated code is compiled, linted and tested there. */
describe('nx g @perennial/tools:feature', () => {
  let copy: string;
  let made: string[];

  beforeAll(async () => {
    copy = mkdtempSync(join(tmpdir(), 'feature-'));
    const files = (await run(ROOT, 'git', 'ls-files', '-co', '--exclude-standard', '-z')).split('\0').filter(Boolean);
    for (const file of files) cpSync(join(ROOT, file), join(copy, file), { errorOnExist: false, force: true });
    linkPackages(copy);
    await run(copy, 'git', 'init', '-q');
    await run(copy, 'git', 'add', '-A');
    await run(copy, 'npx', 'nx', 'g', '@perennial/tools:feature', 'shelf-marks');
    made = (await run(copy, 'git', 'ls-files', '-o', '-m', '--exclude-standard')).trim().split('\n');
  }, 5 * MINUTES);
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('creates a route, a call, a service and a repository, each with its test, and registers them', () => {
    expect(made.map((path) => path.replace(/\d{10,}/, 'VERSION')).sort()).toEqual([
      'apps/chat/src/chat.module.ts',
      'apps/chat/src/migrations/VERSION-shelf-marks.ts',
      'apps/chat/src/migrations/index.ts',
      'apps/chat/src/shelf-marks/shelf-marks.controller.ts',
      'apps/chat/src/shelf-marks/shelf-marks.medium.spec.ts',
      'apps/chat/src/shelf-marks/shelf-marks.module.ts',
      'apps/chat/src/shelf-marks/shelf-marks.repository.ts',
      'apps/chat/src/shelf-marks/shelf-marks.service.ts',
      'apps/gateway/src/features/shelf-marks/shelf-marks.module.ts',
      'apps/gateway/src/features/shelf-marks/shelf-marks.routes.ts',
      'apps/gateway/src/features/shelf-marks/shelf-marks.spec.ts',
      'apps/gateway/src/gateway.module.ts',
      'apps/gateway/src/http/hidden.ts',
      'libs/contracts/chat/src/index.ts',
      'libs/contracts/chat/src/shelf-marks.spec.ts',
      'libs/contracts/chat/src/shelf-marks.ts',
      'libs/contracts/gateway/src/routes/index.ts',
      'libs/contracts/gateway/src/routes/shelf-marks.ts',
      'libs/contracts/wire/src/index.ts',
      'libs/contracts/wire/src/shelf-mark.ts',
    ]);
  });

  it('creates code that passes the compiler, the linter and the formatter', { timeout: 5 * MINUTES }, async () => {
    // One program of what was made or changed, and of all that it imports, which the modules of both services are among.
    const ambient = ['apps/chat/src/**/*.d.ts', 'apps/gateway/src/**/*.d.ts'];
    const program = { extends: './tsconfig.base.json', files: made, include: ambient };
    writeFileSync(join(copy, 'tsconfig.made.json'), JSON.stringify(program));
    const lint = run(copy, 'npx', 'eslint', ...made).then(() => run(copy, 'npx', 'prettier', '--check', ...made));
    await Promise.all([run(copy, 'npx', 'tsc', '-p', 'tsconfig.made.json'), lint]);
  });

  it(
    'creates tests that pass: of the contract, of the routes, and of the service on real servers',
    { timeout: 5 * MINUTES },
    async () => {
      const specs = made.filter((path) => path.endsWith('.spec.ts'));
      expect(specs).toHaveLength(3);
      const report = join(copy, 'report.json');
      const access = 'apps/gateway/src/http/access.spec.ts';
      const projects = ['--project', 'unit', '--project', 'medium'];
      await run(
        copy,
        'npx',
        'vitest',
        'run',
        ...projects,
        ...specs,
        access,
        '--reporter=json',
        `--outputFile=${report}`,
      );
      const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
      expect(numPassedTests).toBe(numTotalTests);
      expect(numPassedTests).toBeGreaterThan(15);
    },
  );
});

/** The installed packages; those of the workspace are the copy's own. */
function linkPackages(copy: string): void {
  const packages = join(ROOT, 'node_modules');
  const own = join(copy, 'node_modules');
  mkdirSync(own);
  for (const name of readdirSync(packages)) {
    const target = join(own, name);
    mkdirSync(dirname(target), { recursive: true });
    if (name === '@perennial') cpSync(join(packages, name), target, { recursive: true, verbatimSymlinks: true });
    else if (name !== '.cache' && name !== '.vite') symlinkSync(join(packages, name), target);
  }
}
