/** A chunk with its position in the document. */
export interface PlacedText {
  ordinal: number;
  text: string;
  /** UTF-16 units from the beginning of the document. */
  start: number;
  end: number;
}

/**
 * The text of a document from its chunks in order: overlaps are removed, white space between two chunks becomes a blank line.
 *
 * @param after end of the text before the first of these chunks
 */
export function joinChunks(chunks: readonly PlacedText[], after = 0): string {
  let text = '';
  let end = after;
  for (const chunk of chunks) {
    if (chunk.start > end && end > 0) text += '\n\n';
    text += chunk.text.slice(Math.max(0, Math.min(end - chunk.start, chunk.text.length)));
    end = Math.max(end, chunk.end);
  }
  return text;
}
