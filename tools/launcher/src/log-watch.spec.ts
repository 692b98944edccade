import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorIn, LogWatch } from './log-watch';

describe('errorIn', () => {
  it.each([
    ['{"level":50,"msg":"broke","err":{"message":"why"}}', 'broke: why'],
    ['{"level":"fatal","msg":"gone"}', 'gone'],
    ['{"level":30,"msg":"fine"}', undefined],
    ['not JSON', undefined],
    ['{"level":50', undefined],
  ])('%s', (line, message) => {
    expect(errorIn(line)).toBe(message);
  });
});

describe('LogWatch', () => {
  it('reports each error once, also one that is written in two pieces', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'perennial-logs-'));
    try {
      const told: string[] = [];
      const watch = new LogWatch(directory, (process, message) => told.push(`${process} ${message}`));
      const log = join(directory, 'chat-1.log');
      writeFileSync(log, '{"level":50,"msg":"first"}\n{"level":50,"msg":"sec');
      await watch.look();
      appendFileSync(log, 'ond"}\n{"level":50,"msg":"first"}\n');
      await watch.look();
      await watch.look();
      expect(told).toEqual(['chat-1 first', 'chat-1 second']);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
