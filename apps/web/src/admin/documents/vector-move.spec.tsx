import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ComponentProps } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { MoveState } from './vector-move';

type Move = ComponentProps<typeof MoveState>['move'];

const MOVING = {
  to: 'qdrant',
  done: 3,
  total: 7,
  points_per_second: null,
  min_recall: 0.99,
  paused: false,
  error: null,
};

function rendered(move: Partial<Move>): { text: string; buttons: string[] } {
  const whole: Move = {
    stores: ['lance', 'qdrant'],
    active: 'lance',
    moving: null,
    former: null,
    comparison: null,
    ...move,
  };
  const html = renderToStaticMarkup(
    <QueryClientProvider client={new QueryClient()}>
      <MoveState move={whole} />
    </QueryClientProvider>,
  );
  const buttons = [...html.matchAll(/<button[^>]*>([^<]*)<\/button>/g)].map(([, name = '']) => name);
  return { text: html.replace(/<[^>]*>/g, ' '), buttons };
}

it('offers what can be done in each state of a move, and nothing else', () => {
  expect(rendered({}).buttons).toEqual(['Move']);
  const moving = rendered({ moving: MOVING });
  expect(moving.text).toContain('Moving to qdrant: 3 of 7 files are there.');
  expect(moving.buttons).toEqual(['Pause', 'Cancel the move']);
  const paused = rendered({ moving: { ...MOVING, paused: true, error: 'It is away.' } });
  expect(paused.text).toContain('It is away.');
  expect(paused.buttons).toEqual(['Continue', 'Cancel the move']);
  const moved = rendered({
    ...{ active: 'qdrant', former: { store: 'lance', seconds_left: 60 } },
    comparison: { points: 9, samples: 4, equal: 4, searches: 2, recall: 0.995 },
  });
  expect(moved.text).toContain('4 of 4 documents were equal, and 99.5% of the hits were found.');
  expect(moved.buttons).toEqual(['Drop what is in lance', 'Move']);
});
