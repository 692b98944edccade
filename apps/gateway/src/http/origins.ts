/** Where a request went, as its client believes: scheme without colon, host with its port. */
export interface Site {
  readonly scheme: string;
  readonly host: string | undefined;
}

/** Whose pages may call us with a person's cookie, or open a socket. */
export class Origins {
  private readonly allowed: ReadonlySet<string>;
  /** `*` in the list: any origin may call without cookies. */
  readonly any: boolean;

  /** @param allowed further origins, for example `https://app.example.com`; a trailing slash is forgiven */
  constructor(allowed: readonly string[]) {
    this.allowed = new Set(allowed.map((origin) => origin.replace(/\/+$/, '').toLowerCase()));
    this.any = this.allowed.has('*');
  }

  /** The configured ones, for CORS; without `*`. */
  get list(): string[] {
    return [...this.allowed].filter((origin) => origin !== '*');
  }

  /**
   * Whether the cookies of a page count: it is ours (of the site that it asks) or named in the configuration. `*` names nobody.
   * @param fetchSite the header `Sec-Fetch-Site`, which no page can set: the browser has compared, also where a proxy changes the host
   */
  trusts(origin: string | undefined, fetchSite: string | string[] | undefined, site: Site): boolean {
    if (fetchSite === 'same-origin' || fetchSite === 'none') return true;
    if (origin === undefined) return false;
    return (origin !== '*' && this.allowed.has(origin.toLowerCase())) || isOrigin(origin, site);
  }
}

/**
 * Whether a page's origin is the site that it asks. Where TLS is known to be, a page without it is another origin; a page with TLS is ours also
 * where a proxy does not tell us that it ends TLS, because no page can claim that.
 */
function isOrigin(origin: string, { scheme, host }: Site): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (page.protocol !== 'https:' && (page.protocol !== 'http:' || scheme === 'https')) return false;
  // Parsed with the page's scheme, so that its default port is the same as none.
  const own = `${page.protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === page.host;
}
