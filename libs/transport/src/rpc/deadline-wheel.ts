/** Milliseconds; how late a deadline may fire. */
const RESOLUTION_MS = 20;
/**
 * A tick that is this many slots late lets I/O run first: the reply may be waiting in the socket of a process that was paused.
 */
const LATE_SLOTS = 10;

export interface Deadline {
  /** Slot of the wheel; internal. */
  readonly slot: number;
  readonly expire: () => void;
}

/**
 * All deadlines of a process share one timer, because a timer per call costs more than the rest of the call's bookkeeping.
 */
export class DeadlineWheel {
  private readonly slots = new Map<number, Set<Deadline>>();
  private timer: NodeJS.Timeout | undefined;
  private turned = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** `at` in milliseconds of `now()`; a time that has passed fires at the next turn. */
  add(at: number, expire: () => void): Deadline {
    if (!this.timer) this.start();
    const deadline = { slot: Math.max(Math.ceil(at / RESOLUTION_MS), this.turned + 1), expire };
    const slot = this.slots.get(deadline.slot);
    if (slot) slot.add(deadline);
    else this.slots.set(deadline.slot, new Set([deadline]));
    return deadline;
  }

  remove(deadline: Deadline): void {
    const slot = this.slots.get(deadline.slot);
    if (!slot?.delete(deadline) || slot.size > 0) return;
    this.slots.delete(deadline.slot);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.slots.clear();
  }

  private start(): void {
    this.turned = Math.floor(this.now() / RESOLUTION_MS);
    this.timer = setInterval(() => this.turn(), RESOLUTION_MS);
  }

  private turn(): void {
    const until = Math.floor(this.now() / RESOLUTION_MS);
    // The timer stops only after a whole empty turn, because starting one per call is the cost to avoid.
    if (this.slots.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    if (until - this.turned > LATE_SLOTS) {
      setImmediate(() => this.catchUp());
      return;
    }
    for (let slot = this.turned + 1; slot <= until; slot += 1) {
      this.turned = slot;
      this.fire(slot);
    }
  }

  private catchUp(): void {
    const until = Math.floor(this.now() / RESOLUTION_MS);
    const due = [...this.slots.keys()].filter((slot) => slot <= until).sort((a, b) => a - b);
    this.turned = until;
    for (const slot of due) this.fire(slot);
  }

  private fire(slot: number): void {
    const due = this.slots.get(slot);
    if (!due) return;
    this.slots.delete(slot);
    for (const deadline of due) deadline.expire();
  }
}
