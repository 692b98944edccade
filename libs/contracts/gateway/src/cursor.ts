/**
 * Where a reader stands in a run's text. `offset` counts UTF-16 units of generation `generation`; `epoch` is the fence of the worker
 * that wrote it.
 */
export interface Cursor {
  epoch: number;
  generation: number;
  offset: number;
}

const SHAPE = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/;

/** `epoch.generation.offset`: the `id:` of every event of a run, and what `Last-Event-ID` or `?cursor=` send back. */
export function formatCursor(cursor: Cursor): string {
  return `${cursor.epoch}.${cursor.generation}.${cursor.offset}`;
}

/** The cursor of a string made by `formatCursor`; undefined for anything else. */
export function parseCursor(text: string): Cursor | undefined {
  const match = SHAPE.exec(text);
  return match ? { epoch: Number(match[1]), generation: Number(match[2]), offset: Number(match[3]) } : undefined;
}
