import { createHash } from 'node:crypto';

type Directives = Record<string, string[]>;

/**
 * For our own page: only our own files. Pictures only from here and inline, because a foreign picture in an answer would leak the chat to its
 * server.
 */
export const OWN_PAGE: Directives = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};

/**
 * For the pages of ours that show what a model wrote (`/sandbox/…`): their scripts run without an origin, so without cookies, storage and our page;
 * no connections, no forms, and no frame but one of our page's. Styles inline: diagrams have their own.
 */
export const SANDBOX_PAGE: Directives = {
  sandbox: ['allow-scripts'],
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ['data:', 'blob:'],
  'font-src': ["'self'", 'data:'],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'self'"],
};

/** For the one of them that becomes a page which a model wrote: its own inline scripts run too. */
export const ARTIFACT_PAGE: Directives = {
  ...SANDBOX_PAGE,
  'script-src': ["'self'", "'unsafe-inline'"],
  'media-src': ['data:', 'blob:'],
};

/** For a reply that is not a page. */
export const NO_PAGE: Directives = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] };

/**
 * For another page (`WEB_ROOT`): its own inline scripts by their hashes, inline styles, workers, and pictures from anywhere; still no scripts
 * and no connections elsewhere.
 */
export function foreignPage(html: string): Directives {
  return {
    ...OWN_PAGE,
    'script-src': ["'self'", "'wasm-unsafe-eval'", ...hashesOfInlineScripts(html)],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:', 'blob:', 'https:'],
    'media-src': ["'self'", 'data:', 'blob:'],
    'font-src': ["'self'", 'data:'],
    'connect-src': ["'self'", 'data:', 'blob:'],
    'worker-src': ["'self'", 'blob:'],
    'frame-src': ["'self'", 'blob:'],
  };
}

export function policy(directives: Directives): string {
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ');
}

function hashesOfInlineScripts(html: string): string[] {
  const scripts = html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/gi);
  return [...scripts].map(([, body = '']) => `'sha256-${createHash('sha256').update(body).digest('base64')}'`);
}
