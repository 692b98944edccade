import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@perennial/local-runtime/servers';
import { describe, expect, it } from 'vitest';

/** Like npm: through a shell that waits, or one that becomes the command. */
const ways = [
  ['a shell that waits', (command: string) => `${command}; true`],
  ['a shell that becomes it', (command: string) => `exec ${command}`],
] as const;

describe('watchParents', () => {
  it.each(ways)(
    'reports when the parent of %s is killed',
    async (_, shell) => {
      const directory = mkdtempSync(join(tmpdir(), 'perennial-parents-'));
      try {
        const told = join(directory, 'told');
        const read = (): string => readFileSync(told, 'utf8');
        const watcher = `
        import { runnerImport } from "vite";
        import { writeFileSync } from "node:fs";
        const { module } = await runnerImport(${JSON.stringify(new URL('./parents.ts', import.meta.url).pathname)});
        module.watchParents(() => { writeFileSync(${JSON.stringify(told)}, "gone"); process.exit(); });
        writeFileSync(${JSON.stringify(told)}, "watching");
        setInterval(() => undefined, 1000);`;
        const command = shell(`"${process.execPath}" --input-type=module -e '${watcher}'`);
        const above = `require('node:child_process').spawn('sh', ['-c', ${JSON.stringify(command)}], { stdio: 'inherit' })`;
        const npm = spawn(process.execPath, ['-e', above], { stdio: 'inherit' });
        await waitFor(() => read() === 'watching', { timeoutMs: 20_000 });
        npm.kill('SIGKILL');
        await waitFor(() => read() === 'gone');
        expect(read()).toBe('gone');
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
    40_000,
  );
});
