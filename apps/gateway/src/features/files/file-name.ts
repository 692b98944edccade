const MAX_NAME_BYTES = 255;

/** A client's file name without control characters and bidirectional marks, at most 255 bytes and never empty. */
export function toFileName(name: string | undefined): string {
  // eslint-disable-next-line no-control-regex -- names come from clients, and go into headers and logs
  const clean = (name ?? '').replace(/[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '').trim();
  return cutTo(clean, MAX_NAME_BYTES) || 'file';
}

/** Cuts from the middle, so that the extension stays. */
function cutTo(name: string, maxBytes: number): string {
  if (Buffer.byteLength(name) <= maxBytes) return name;
  const extension = /\.[^.]{1,16}$/.exec(name)?.[0] ?? '';
  let stem = [...name.slice(0, name.length - extension.length)].slice(0, maxBytes);
  while (Buffer.byteLength(stem.join('')) + Buffer.byteLength(extension) > maxBytes) stem = stem.slice(0, -1);
  return stem.join('') + extension;
}
