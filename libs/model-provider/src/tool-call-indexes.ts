interface ToolCall extends Record<string, unknown> {
  index?: unknown;
  id?: unknown;
}

/** Pieces of tool calls by choice. */
interface ChoiceCalls {
  byId: Map<string, number>;
  /** The call of pieces without an id: by the provider's index, or -1 for none. */
  latest: Map<number, number>;
  count: number;
}

/** Most calls of one answer. */
const MAX_CALLS = 1_000;

/**
 * Gives every piece of a tool call the index of its call. Providers omit the index, give all calls the same one, send the id with each piece
 * or only with the first, and interleave calls; clients join by index alone.
 */
export class ToolCallIndexes {
  private readonly choices = new Map<number, ChoiceCalls>();

  /** @param whole the calls are complete: each entry is a call of its own */
  of(choice: number, pieces: readonly ToolCall[], whole: boolean): ToolCall[] {
    let calls = this.choices.get(choice);
    if (!calls) this.choices.set(choice, (calls = { byId: new Map(), latest: new Map(), count: 0 }));
    const found = calls;
    return pieces.map((piece) => (piece ? { ...piece, index: indexOf(found, piece, whole) } : piece));
  }
}

function indexOf(calls: ChoiceCalls, { index, id }: ToolCall, whole: boolean): number {
  const given = typeof index === 'number' && Number.isInteger(index) && index >= 0 ? index : -1;
  const known = typeof id === 'string' && id !== '' ? calls.byId.get(id) : undefined;
  if (known !== undefined) {
    calls.latest.set(given, known);
    return known;
  }
  const isNew = whole || (typeof id === 'string' && id !== '') || !calls.latest.has(given);
  if (!isNew || calls.count >= MAX_CALLS) return calls.latest.get(given) ?? 0;
  const next = calls.count++;
  calls.latest.set(given, next);
  if (typeof id === 'string' && id !== '') calls.byId.set(id, next);
  return next;
}
