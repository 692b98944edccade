/** Rows beyond the edges, so that a quick scroll shows no gap. */
const BESIDE = 6;

/**
 * The rows of a list of equal rows that are in view.
 *
 * @param row height of a row, `top` and `height` of the view, in pixels
 * @returns from the first to before the last
 */
export function rowsInView(count: number, row: number, top: number, height: number): { from: number; to: number } {
  const from = Math.max(0, Math.floor(top / row) - BESIDE);
  const to = Math.min(count, Math.ceil((top + height) / row) + BESIDE);
  return { from: Math.min(from, to), to };
}
