import { type Batch, EVENT, type EventKind } from './protocol';

/** Pending events of answers. Consecutive text of one answer is joined. */
export class Outgoing {
  /** Pending UTF-16 units. */
  units = 0;
  private waiting = new Map<number, Batch>();
  /** Answers that are sent without waiting for the others. */
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

  /** Drops an answer that was cancelled. */
  drop(id: number): void {
    const events = this.waiting.get(id);
    if (events === undefined) return;
    this.units -= unitsOf(events);
    this.waiting.delete(id);
    this.urgent.delete(id);
  }

  /** Takes all pending events. */
  take(): Batch {
    const batch = [...this.waiting.values()].flat();
    this.waiting = new Map();
    this.urgent.clear();
    this.units = 0;
    return batch;
  }

  /** Takes the events of urgent answers. */
  takeUrgent(): Batch {
    const batch = [...this.urgent].flatMap((id) => this.waiting.get(id) ?? []);
    for (const id of [...this.urgent]) this.drop(id);
    return batch;
  }
}

/** UTF-16 units of a batch. */
export function unitsOf(batch: Batch): number {
  let units = 0;
  for (let at = 2; at < batch.length; at += 3) units += (batch[at] as string).length;
  return units;
}
