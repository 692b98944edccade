import type { BlobRange } from '@perennial/blob-store';

/** Types that a browser shows without running anything of them in our origin. */
const INLINE =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp|x-icon)|audio\/[\w.+-]+|video\/[\w.+-]+|application\/(?:pdf|json)|text\/(?:plain|markdown|csv))$/;

/** No scripts, requests or forms: the file must not act as a page of ours, whatever its type claims. */
const SANDBOX =
  "sandbox; default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'";
/**
 * Not every browser starts its PDF viewer in a sandbox. The viewer runs PDF scripts, if at all, outside of our origin.
 */
const VIEWER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";

/** The `Content-Disposition` of a file, safe for any name: an ASCII stand-in, and the name itself percent-encoded (RFC 6266). */
export function toDisposition(name: string, kind: 'inline' | 'attachment'): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name.replace(/[\ud800-\udfff]/gu, '\ufffd')).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** Without parameters, lower case. */
export function essenceOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

export function mayBeShown(contentType: string): boolean {
  return INLINE.test(essenceOf(contentType));
}

/** With a charset, because browsers guess an old encoding without one. */
export function typeHeaderOf(contentType: string): string {
  const essence = essenceOf(contentType);
  return essence.startsWith('text/') ? `${essence}; charset=utf-8` : essence;
}

export function policyOf(contentType: string): string {
  return essenceOf(contentType) === 'application/pdf' ? VIEWER : SANDBOX;
}

/**
 * A single range of `Range`; undefined for anything else, which is then ignored (several ranges, other units, nonsense).
 */
export function parseRange(header: string | undefined): BlobRange | undefined {
  const parts = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header ?? '');
  const [, first = '', last = ''] = parts ?? [];
  if (first === '') return last === '' ? undefined : { suffix: Number(last) };
  if (last === '') return { start: Number(first) };
  return Number(last) < Number(first) ? undefined : { start: Number(first), end: Number(last) };
}
