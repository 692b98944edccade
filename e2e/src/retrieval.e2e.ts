import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@perennial/launcher';
import { expect, it } from 'vitest';

/** The short form of `npm run e2e:retrieval`; the long one is run by hand and before a release. */
it.each(['qdrant', 'lancedb'])(
  'documents on %s: facts are cited on their page, through killed workers, changes, outages and another model',
  async (store) => {
    const main = join(ROOT, 'e2e/dist/retrieval.js');
    // The store is away for longer than a turn waits for its documents, and for several pauses of the files that wait.
    const args = [main, '--kills', '4', '--away', '12', '--stores', store];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 }).catch(
      (error: { stdout: string; stderr: string }) => {
        throw new Error(`${error.stdout}\n${error.stderr}`);
      },
    );
    const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
    // A missing server causes a loud warning; with `CI` set the driver fails instead.
    if (figures[store] !== 'skipped')
      expect(figures).toMatchObject({ [store]: { asked: 24, cited: 24, cited_after: 24, kills: 4 }, wrong: 0 });
  },
  480_000,
);
