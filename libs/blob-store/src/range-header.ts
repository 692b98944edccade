import type { BlobRange } from './types';

/** Whether HTTP cannot express the range, because no byte is in it. */
export function isEmptyRange(range: BlobRange | undefined): boolean {
  if (range === undefined) return false;
  return 'suffix' in range ? range.suffix <= 0 : range.end !== undefined && range.end < range.start;
}

/** The value of a request's `Range`. */
export function toRangeHeader(range: BlobRange | undefined): string | undefined {
  if (range === undefined) return undefined;
  return 'suffix' in range ? `bytes=-${range.suffix}` : `bytes=${range.start}-${range.end ?? ''}`;
}

/** Of a reply's `Content-Range`, such as `bytes 0-9/100`. */
export function parseContentRange(header: string | undefined): { start: number; size: number } | undefined {
  const parts = /^bytes (\d+)-\d+\/(\d+)$/.exec(header ?? '');
  return parts === null ? undefined : { start: Number(parts[1]), size: Number(parts[2]) };
}
