import { formatCursor } from '@perennial/contracts-gateway';
import type { RunEnd } from '@perennial/contracts-wire';
import type { FollowedRun, RunTerminal, RunUpdate } from '@perennial/transport';

/** One update of a run as an event of `GET /api/v1/runs/{id}/events`; its `id:` is the cursor after it. */
export function eventOf(update: RunUpdate, run: FollowedRun): string {
  switch (update.kind) {
    case 'delta': {
      const { epoch, generation, offset, text } = update;
      const data = `{"generation":${generation},"offset":${offset},"text":${JSON.stringify(text)}}`;
      return frame('delta', { epoch, generation, offset: offset + text.length }, data);
    }
    case 'reset': {
      const { epoch, generation, text } = update;
      const data = `{"generation":${generation},"text":${JSON.stringify(text)}}`;
      return frame('reset', { epoch, generation, offset: text.length }, data);
    }
    case 'end': {
      const { generation, length } = update.terminal;
      const cursor = { epoch: Math.max(update.epoch, run.position.epoch), generation, offset: length };
      return frame('end', cursor, JSON.stringify(endOf(update.terminal)));
    }
  }
}

function frame(event: string, cursor: { epoch: number; generation: number; offset: number }, data: string): string {
  return `id: ${formatCursor(cursor)}\nevent: ${event}\ndata: ${data}\n\n`;
}

export function endOf({ state, generation, length, finishReason, usage, error }: RunTerminal): RunEnd {
  return { state, generation, length, finish_reason: finishReason ?? null, usage: usage ?? null, error: error ?? null };
}
