/** The site of a request as its client sees it: scheme without colon, host with its port. */
export interface Site {
  readonly scheme: string;
  readonly host: string | undefined;
}

/** Origins whose pages may call us with a user's cookie, or open a socket. */
export class Origins {
  private readonly allowed: ReadonlySet<string>;
  /** `*` in the list: any origin may call without cookies. */
  readonly any: boolean;

  /** @param allowed further origins, for example `https://app.example.com`; a trailing slash is ignored */
  constructor(allowed: readonly string[]) {
    this.allowed = new Set(allowed.map((origin) => origin.replace(/\/+$/, '').toLowerCase()));
    this.any = this.allowed.has('*');
  }

  /** The configured ones, for CORS; without `*`. */
  get list(): string[] {
    return [...this.allowed].filter((origin) => origin !== '*');
  }

  /** Whether a reply to a page of this origin needs headers that let the page read it. */
  needsCors(origin: string | undefined): boolean {
    return origin !== undefined && (this.any || this.allowed.has(origin.toLowerCase()));
  }

  /**
   * Whether to accept a page's cookies: it is ours (of the requested site) or named in the configuration; `*` does not count.
   *
   * @param fetchSite the header `Sec-Fetch-Site`, which no page can set: the browser has compared the origins, even if a proxy changes the
   * host
   */
  trusts(origin: string | undefined, fetchSite: string | string[] | undefined, site: Site): boolean {
    if (fetchSite === 'same-origin' || fetchSite === 'none') return true;
    if (origin === undefined) return false;
    return (origin !== '*' && this.allowed.has(origin.toLowerCase())) || isOrigin(origin, site);
  }
}

/**
 * Whether a page's origin is the requested site. If the request certainly used TLS, a page without TLS is another origin; a page with TLS is
 * ours even if a proxy does not report that it ends TLS, because no page can fake that.
 */
function isOrigin(origin: string, { scheme, host }: Site): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (page.protocol !== 'https:' && (page.protocol !== 'http:' || scheme === 'https')) return false;
  // Parsed with the page's scheme, so that its default port equals none.
  const own = `${page.protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === page.host;
}
