/** Chats whose reading is kept. */
const KEPT = 20;
const ORDER = 'readings';
const PREFIX = 'reading:';

/** The first message in view, and how much of it is above, in pixels. */
export interface Place {
  message: string;
  above: number;
}

/** What is known of a chat that was read in this tab. */
export interface Reading {
  /** Absent if its end was followed. */
  place?: Place;
  /** Width of the column that the heights were measured in, in pixels. */
  width: number;
  /** Heights of messages, in pixels. */
  heights: Record<string, number>;
}

/** Keeps where each chat was read, and how high its messages are, as long as the tab is there: a chat opens as it was left, also after a reload. */
export class Readings {
  private readonly known = new Map<string, Reading>();

  constructor(private readonly storage: Storage) {}

  /** The reading of a chat, to be changed in its place. The empty id is the chat that the first message creates. */
  of(chatId: string): Reading {
    const known = this.known.get(chatId);
    if (known) return known;
    const reading = this.stored(chatId) ?? { width: 0, heights: {} };
    this.known.set(chatId, reading);
    return reading;
  }

  /** The new chat has an id. */
  begin(chatId: string): void {
    this.known.set(chatId, this.of(''));
    this.known.delete('');
  }

  /** Writes the reading of a chat that is left. */
  keep(chatId: string): void {
    if (chatId === '') return;
    try {
      const order = [chatId, ...this.order().filter((id) => id !== chatId)];
      for (const id of order.splice(KEPT)) this.storage.removeItem(PREFIX + id);
      this.storage.setItem(ORDER, JSON.stringify(order));
      this.storage.setItem(PREFIX + chatId, JSON.stringify(this.of(chatId)));
    } catch {
      // A browser may refuse, because it is full or private: then the chat opens at its end.
    }
  }

  private order(): string[] {
    const order: unknown = JSON.parse(this.storage.getItem(ORDER) ?? '[]');
    return Array.isArray(order) ? order.filter((id) => typeof id === 'string') : [];
  }

  private stored(chatId: string): Reading | undefined {
    try {
      return toReading(JSON.parse(this.storage.getItem(PREFIX + chatId) ?? 'null'));
    } catch {
      return undefined;
    }
  }
}

/** Whether a chat was left far from its end in this tab: then as much of it as there may be is read when it is opened. */
export function readWhole(storage: Storage, chatId: string): boolean {
  return new Readings(storage).of(chatId).place !== undefined;
}

/** What a page wrote, of this version or of another. */
function toReading(kept: unknown): Reading | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { place, width, heights } = kept as Partial<Record<keyof Reading, unknown>>;
  const { message, above } = (place ?? {}) as Partial<Record<keyof Place, unknown>>;
  const entries = Object.entries(typeof heights === 'object' && heights !== null ? heights : {});
  return {
    ...(typeof message === 'string' && typeof above === 'number' ? { place: { message, above } } : {}),
    width: typeof width === 'number' ? width : 0,
    heights: Object.fromEntries(entries.filter(([, height]) => typeof height === 'number')) as Record<string, number>,
  };
}
