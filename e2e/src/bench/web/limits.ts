import type { Figures } from './tools';

/** A row of the budget: what is measured, and what it may be. */
interface Row {
  name: string;
  words: string;
  limit?: number;
  /** It does not depend on the machine: more than the limit is a failure. */
  isCount?: true;
}

export const ROWS: readonly Row[] = [
  { name: 'entry_kb', words: 'script before one can type, kB gz', limit: 140, isCount: true },
  { name: 'chat_kb', words: 'script of an open chat, kB gz', limit: 240, isCount: true },
  { name: 'css_kb', words: 'styles, kB gz', limit: 16, isCount: true },
  { name: 'page_kb', words: 'the largest other page or window, its own script, kB gz', limit: 60, isCount: true },
  { name: 'sign_in_kb', words: 'script of the sign-in page, kB gz', limit: 110, isCount: true },
  { name: 'requests', words: 'requests of the API until the list of chats', limit: 6, isCount: true },
  { name: 'first_load_files', words: 'all requests of the first load' },
  { name: 'first_load_kb', words: 'bytes of the first load on the line, kB' },
  { name: 'first_paint_cold_ms', words: 'first paint, cold, CPU ÷ 4, 9 Mbit/s, 60 ms', limit: 1_200 },
  { name: 'box_cold_ms', words: 'box usable, cold', limit: 1_600 },
  { name: 'first_paint_warm_ms', words: 'first paint, warm', limit: 400 },
  { name: 'box_warm_ms', words: 'box usable, warm', limit: 700 },
  { name: 'empty_first_paint_ms', words: '… first paint of a line of text' },
  { name: 'open_60_ms', words: 'a chat of 60 messages opened', limit: 300 },
  { name: 'switch_hovered_ms', words: 'switch to a chat at which the pointer rests', limit: 100 },
  { name: 'open_1000_ms', words: 'a chat of 1,000 messages loaded by its address' },
  { name: 'key_to_paint_p50_ms', words: 'key to paint, 1,000 messages and a stream, CPU ÷ 4, p50' },
  { name: 'key_to_paint_p95_ms', words: 'the same, p95', limit: 32 },
  { name: 'empty_key_to_paint_p50_ms', words: '… in an empty page, p50' },
  { name: 'empty_key_to_paint_p95_ms', words: '… in an empty page, p95' },
  { name: 'frame_p50_ms', words: 'frames during 60 s at 100 tokens/s, CPU ÷ 4, p50', limit: 17 },
  { name: 'frame_p99_ms', words: 'the same, p99', limit: 50 },
  { name: 'frame_max_ms', words: 'the same, longest', limit: 100 },
  { name: 'empty_frame_p50_ms', words: '… of an empty page, p50' },
  { name: 'empty_frame_p99_ms', words: '… of an empty page, p99' },
  { name: 'empty_frame_max_ms', words: '… of an empty page, longest' },
  { name: 'final_block_renders', words: 'renders of final blocks and other rows meanwhile', limit: 0, isCount: true },
  { name: 'stream_commits', words: '… of so many renders of what grows' },
  { name: 'stream_blocks', words: '… in so many blocks' },
  { name: 'layout_shift', words: 'layout shift while a running answer is read', limit: 0, isCount: true },
  { name: 'row_moved_px', words: 'the first row in view moved meanwhile, px', limit: 0, isCount: true },
  { name: 'flush_mean_ms', words: 'a flush up to 50 kB of text, mean', limit: 4 },
  { name: 'flush_max_ms', words: 'the same, longest' },
  { name: 'flush_last_to_first', words: 'its last tenth to its first', limit: 1.5 },
  { name: 'flushes', words: '… of so many flushes' },
  { name: 'nodes_1000', words: 'nodes, 1,000 messages opened', limit: 15_000, isCount: true },
  { name: 'nodes_1000_scrolled', words: 'nodes after scrolling through them', limit: 30_000, isCount: true },
  { name: 'heap_1000_mb', words: 'heap of that chat, MB', limit: 120, isCount: true },
  { name: 'heap_after_30_switches_mb', words: 'heap after 30 switches of chats, MB more', limit: 10, isCount: true },
  { name: 'nodes_after_30_switches', words: '… nodes more' },
  { name: 'picker_open_ms', words: 'picker of 1,000 models opened', limit: 100 },
  { name: 'picker_key_ms', words: 'key to result in it', limit: 50 },
  { name: 'menu_ms', words: 'menu of a message in a chat of 300 kB', limit: 50 },
  { name: 'users_page_ms', words: '100,000 users: another page, with a server of 50 ms', limit: 300 },
  { name: 'users_elements', words: '… elements', limit: 2_500, isCount: true },
  { name: 'axe', words: 'axe over all pages and open states, light and dark', limit: 0, isCount: true },
  {
    name: 'pages_without_keys',
    words: 'pages and open states without a whole way by keyboard',
    limit: 0,
    isCount: true,
  },
  { name: 'pages_judged', words: '… of so many' },
];

/** Prints each row beside its limit. */
export function printRows(figures: Figures): void {
  for (const { name, words, limit, isCount } of ROWS) {
    const value = figures[name];
    const missed = limit !== undefined && (value ?? Infinity) > limit;
    const verdict = limit === undefined ? '' : missed ? (isCount ? 'MISSED' : 'over') : 'ok';
    const most = limit === undefined ? '' : `≤ ${limit}`;
    console.log(`${words.padEnd(60)} ${String(value ?? '?').padStart(8)} ${most.padStart(8)} ${verdict}`);
  }
}

/** Counts that are over their limit, or were not measured. */
export function missedCounts(figures: Figures): string[] {
  return ROWS.filter(({ name, limit, isCount }) => isCount && (figures[name] ?? Infinity) > (limit ?? 0)).map(
    ({ name }) => name,
  );
}
