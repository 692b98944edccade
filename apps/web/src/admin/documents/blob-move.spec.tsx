import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ComponentProps } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { BlobMoveState } from './blob-move';

type Move = ComponentProps<typeof BlobMoveState>['move'];

const PROGRESS = {
  ...{ pass: 1, from: 'default', to: 'cloud', done: 3, total: 7, copied: 2 },
  ...{ bytes: 5_000_000, bytes_per_second: 1_000_000 },
};
const ORDER = {
  ...{ kind: 'move' as const, to: 'cloud', bytes_per_second: null, skip_unreadable: false, paused: false },
  ...{ progress: PROGRESS, told: null, error: null },
};

function rendered(move: Partial<Move>): { text: string; buttons: string[] } {
  const whole: Move = {
    ...{ stores: ['default', 'cloud'], phase: 'settled', active: 'default', other: null, command_runs: false },
    ...{ order: null, compared: null },
    ...move,
  };
  const html = renderToStaticMarkup(
    <QueryClientProvider client={new QueryClient()}>
      <BlobMoveState move={whole} />
    </QueryClientProvider>,
  );
  const buttons = [...html.matchAll(/<button[^>]*>([^<]*)<\/button>/g)].map(([, name = '']) => name);
  return { text: html.replace(/<[^>]*>/g, ' '), buttons };
}

it('offers what can be done in each state of a move of files, and nothing else', () => {
  expect(rendered({}).buttons).toEqual(['Move']);
  const copying = { phase: 'copying', other: 'cloud' } as const;
  const moving = rendered({ ...copying, order: ORDER });
  expect(moving.text).toContain('Moving all files to cloud.');
  expect(moving.text).toContain('Pass 1: 3 of 7 files, 2 copied (5 MB). 1 MB a second.');
  expect(moving.buttons).toEqual(['Pause', 'Take the move back']);
  const stopped = rendered({ ...copying, order: { ...ORDER, paused: true, error: '2 files cannot be copied.' } });
  expect(stopped.text).toMatch(/2 files cannot be copied\..*Leave behind files that cannot be read/);
  expect(stopped.buttons).toEqual(['Continue', 'Take the move back']);
  // A command was ended half-way.
  expect(rendered(copying).buttons).toEqual(['Continue', 'Take the move back']);
  expect(rendered({ ...copying, command_runs: true })).toMatchObject({ buttons: [] });
  const moved = rendered({ phase: 'moved', active: 'cloud', other: 'default', compared: { samples: 9, equal: 9 } });
  expect(moved.text).toContain('9 of 9 files have the same bytes');
  expect(moved.buttons).toEqual(['Leave default for good', 'Take the move back']);
  const back = { phase: 'returning', other: 'cloud', order: { ...ORDER, kind: 'rollback' } } as const;
  expect(rendered(back).buttons).toEqual(['Pause']);
});
