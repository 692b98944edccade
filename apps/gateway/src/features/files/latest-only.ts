import type { EventStream } from '../../http/event-stream';

/** A stream of states of which only the newest counts: a slow reader misses intermediate states, never the last. */
export class LatestOnly {
  private shown: string | undefined;
  private waiting: string | undefined;
  private blocked = false;
  private over = false;

  constructor(private readonly stream: EventStream) {
    stream.onDrained = () => {
      this.blocked = false;
      this.flush();
    };
  }

  /** Sends a state, unless it equals the last one. */
  show(state: unknown): void {
    if (this.over) return;
    this.waiting = JSON.stringify(state);
    this.flush();
  }

  /** Sends the last state and ends the stream. */
  last(state: unknown): void {
    if (this.over) return;
    this.show(state);
    this.over = true;
    this.flush();
  }

  private flush(): void {
    if (this.blocked) return;
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined && waiting !== this.shown) {
      this.shown = waiting;
      this.blocked = !this.stream.write(`data: ${waiting}\n\n`);
    }
    if (this.over && this.waiting === undefined) this.stream.end();
  }
}
