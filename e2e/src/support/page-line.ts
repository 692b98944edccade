import type { Page } from '@playwright/test';

/** What a page reads of its answers, from its next load on. */
export interface PageLine {
  /** Event streams of answers that it opened. */
  readonly streams: string[];
  /** The pieces of text that came over its sockets, as they came. */
  readonly pieces: string[];
  /** Everything else that came over them. */
  events: string;
}

/** Watches the lines of a page; it is loaded again for that. */
export async function watchLine(page: Page): Promise<PageLine> {
  const line: PageLine = { streams: [], pieces: [], events: '' };
  page.on('request', (request) => {
    if (/\/runs\/[^/]+\/events/.test(request.url())) line.streams.push(request.url());
  });
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      const frame = String(payload);
      if (frame.startsWith('42["run",'))
        line.pieces.push((JSON.parse(frame.slice(2)) as [string, number, string, string])[3]);
      else line.events += frame;
    }),
  );
  await page.reload();
  await page.getByText('What is on your mind?').waitFor();
  return line;
}
