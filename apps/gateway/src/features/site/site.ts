import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { ARTIFACT_PAGE, foreignPage, OWN_PAGE, policy, SANDBOX_PAGE } from '../../http/csp';
import type { FileBytes } from './kept-release';

/** Names with a content hash (`index-Dk3a9F1x.js`): their content never changes. */
const HASHED =
  /(?:^|\/)(?:assets|_app\/immutable|immutable|static\/(?:js|css|media))\/.*[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;
/** `Cache-Control` of those. */
export const YEAR = 'public, max-age=31536000, immutable';
/** The client revalidates each time. */
const REVALIDATE = 'no-cache';

const SANDBOX_HEADERS = {
  'content-security-policy': policy(SANDBOX_PAGE),
  'x-frame-options': 'SAMEORIGIN',
};
const ARTIFACT_HEADERS = { ...SANDBOX_HEADERS, 'content-security-policy': policy(ARTIFACT_PAGE) };

/** A file of the site: where it is below the root, and how long it may be kept. */
export interface SiteFile {
  path: string;
  cacheControl: string;
}

/** Injection token of the directory of our own page, served when `WEB_ROOT` is unset and there is one. */
export const OWN_PAGE_ROOT = Symbol('OWN_PAGE_ROOT');

/** Injection token of the served `Site`, or undefined. */
export const SITE = Symbol('SITE');

/** A built single-page application on disk. */
export class Site {
  private constructor(
    readonly root: string,
    /** `Content-Security-Policy` of the page. */
    private readonly policy: string,
    /** Changes when the page does. */
    readonly fingerprint: string,
    /** Whether it is our own page. */
    readonly own: boolean,
  ) {}

  /**
   * Opens the site in a directory; undefined when there is no `index.html` in it.
   * @param own whether it is our own page, which gets the strictest policy
   */
  static async open(directory: string, own: boolean): Promise<Site | undefined> {
    let root: string;
    let html: string;
    try {
      root = await realpath(directory);
      html = await readFile(join(root, 'index.html'), 'utf8');
    } catch {
      return undefined;
    }
    const hash = createHash('sha256').update(html);
    // The page does not name the files of the sandbox: a release is the names of all.
    if (own) for (const path of await hashedPaths(root)) hash.update(`\n${path}`);
    const fingerprint = hash.digest('hex').slice(0, 16);
    return new Site(root, policy(own ? OWN_PAGE : foreignPage(html)), fingerprint, own);
  }

  /**
   * The file at a URL path, symbolic links followed; undefined when it is missing, hidden, or outside the root.
   *
   * @param urlPath still percent-encoded, without query
   */
  async find(urlPath: string): Promise<SiteFile | undefined> {
    const path = decode(urlPath);
    if (path === undefined) return undefined;
    const segments = path.split('/').filter((segment) => segment !== '');
    if (segments.some((segment) => segment.startsWith('.') && segment !== '.well-known')) return undefined;
    const wanted = segments.length === 0 ? 'index.html' : segments.join('/');
    try {
      const real = await realpath(join(this.root, wanted));
      const inside = relative(this.root, real);
      if (inside.startsWith('..') || inside.startsWith(sep) || !(await stat(real)).isFile()) return undefined;
      return { path: inside.split(sep).join('/'), cacheControl: hashedName(wanted) === undefined ? REVALIDATE : YEAR };
    } catch {
      return undefined;
    }
  }

  /** All files with a hash in their name, as they are kept for pages that are open elsewhere; in order of their paths. */
  async hashedFiles(): Promise<FileBytes[]> {
    const paths = await hashedPaths(this.root);
    return Promise.all(paths.map((path) => this.bytesOf(path)));
  }

  /**
   * Headers of a reply with a file, besides those of caching.
   *
   * @param path from the root
   */
  headersOf(path: string): Record<string, string> {
    if (!this.own) return { 'content-security-policy': this.policy };
    if (path === 'sandbox/artifact.html') return ARTIFACT_HEADERS;
    if (path.startsWith('sandbox/')) return SANDBOX_HEADERS;
    // The sandbox has no origin, so it asks for its scripts as another one would.
    const shared: Record<string, string> = hashedName(path) ? { 'access-control-allow-origin': '*' } : {};
    return { 'content-security-policy': this.policy, ...shared };
  }

  get page(): SiteFile {
    return { path: 'index.html', cacheControl: REVALIDATE };
  }

  private async bytesOf(path: string): Promise<FileBytes> {
    try {
      return { path, encoding: 'br', bytes: await readFile(join(this.root, `${path}.br`)) };
    } catch {
      return { path, encoding: 'identity', bytes: await readFile(join(this.root, path)) };
    }
  }
}

/** Of the files below the root whose names have a content hash, in order. */
async function hashedPaths(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => hashedName(path) !== undefined)
    .sort();
}

/** The path of a file from the site's root, if its name has a content hash. */
export function hashedName(urlPath: string): string | undefined {
  const path = decode(urlPath)?.replace(/^\/+/, '');
  return path !== undefined && HASHED.test(`/${path}`) ? path : undefined;
}

/** Whether a missing path may be a place inside the page: no file name, and the client accepts HTML. */
export function wantsPage(urlPath: string, accept: string | undefined): boolean {
  if (isMachinePath(urlPath) || !(accept ?? '').includes('text/html')) return false;
  return extname(urlPath) === '';
}

/** Paths for programs: a missing one is 404 as JSON, never the page. */
export function isMachinePath(urlPath: string): boolean {
  return /^\/(?:api|v1|openai|ollama|ws|oauth|health|ready|metrics)(?:\/|$)/.test(urlPath);
}

function decode(urlPath: string): string | undefined {
  try {
    const path = decodeURIComponent(urlPath);
    return path.includes('\0') || path.includes('\\') ? undefined : path;
  } catch {
    return undefined;
  }
}
