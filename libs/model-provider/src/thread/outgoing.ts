import { EVENT, type Batch, type EventKind } from './protocol';

/** What is told of answers, until it is sent. Text of one answer that comes in a row is one piece. */
export class Outgoing {
  /** UTF-16 units that wait. */
  units = 0;
  private waiting = new Map<number, Batch>();
  /** Answers that are not to wait for the others. */
  private readonly urgent = new Set<number>();

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  get isUrgent(): boolean {
    return this.urgent.size > 0;
  }

  add(id: number, kind: EventKind, value: string): void {
    this.units += value.length;
    const events = this.waiting.get(id);
    if (events === undefined) {
      this.waiting.set(id, [id, kind, value]);
    } else if (events.at(-2) === kind && (kind === EVENT.text || kind === EVENT.reasoning)) {
      events.push((events.pop() as string) + value);
    } else {
      events.push(id, kind, value);
    }
  }

  hurry(id: number): void {
    this.urgent.add(id);
  }

  /** Forgets an answer that nobody waits for. */
  drop(id: number): void {
    const events = this.waiting.get(id);
    if (events === undefined) return;
    this.units -= unitsOf(events);
    this.waiting.delete(id);
    this.urgent.delete(id);
  }

  /** Everything that waits. */
  take(): Batch {
    const batch = [...this.waiting.values()].flat();
    this.waiting = new Map();
    this.urgent.clear();
    this.units = 0;
    return batch;
  }

  /** What is not to wait. */
  takeUrgent(): Batch {
    const batch = [...this.urgent].flatMap((id) => this.waiting.get(id) ?? []);
    for (const id of [...this.urgent]) this.drop(id);
    return batch;
  }
}

/** UTF-16 units of what a batch tells. */
export function unitsOf(batch: Batch): number {
  let units = 0;
  for (let at = 2; at < batch.length; at += 3) units += (batch[at] as string).length;
  return units;
}
