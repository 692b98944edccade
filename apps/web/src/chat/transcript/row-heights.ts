import type { Message } from '@perennial/contracts-wire';
import { textOf } from '../thread';
import type { Reading } from './readings';

/** Of a line of text, in pixels, and how many characters it has, as a guess. */
const LINE = 26;
const LINE_CHARACTERS = 85;
/** Of what is around the text: a question's actions and edges, an answer's model and actions. */
const AROUND = { user: 80, assistant: 65 };

/** Measures messages that are shown in full, so that they keep their height while they are not. */
export class RowHeights {
  private readonly observer = new ResizeObserver((entries) => this.measured(entries));

  constructor(private readonly reading: () => Reading) {}

  /** Takes a row that is shown in full. */
  takeRow(row: HTMLElement): () => void {
    this.observer.observe(row);
    return () => this.observer.unobserve(row);
  }

  private measured(entries: readonly ResizeObserverEntry[]): void {
    const reading = this.reading();
    const width = entries[0]?.target.parentElement?.clientWidth ?? 0;
    if (width === 0) return;
    // At another width the text has other lines.
    if (width !== reading.width) Object.assign(reading, { width, heights: {} });
    for (const { target, borderBoxSize } of entries) {
      const { message } = (target as HTMLElement).dataset;
      const height = Math.round(borderBoxSize[0]?.blockSize ?? 0);
      if (message !== undefined && height > 0) reading.heights[message] = height;
    }
  }
}

/** The height of a message: as it was when it was shown in full, or a guess. */
export function heightOf(message: Message, { heights }: Reading): number {
  const measured = heights[message.id];
  if (measured !== undefined) return measured;
  const text = textOf(message);
  const breaks = text.split('\n').length;
  return (
    AROUND[message.role === 'user' ? 'user' : 'assistant'] + LINE * (breaks + Math.floor(text.length / LINE_CHARACTERS))
  );
}
