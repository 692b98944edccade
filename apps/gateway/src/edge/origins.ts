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

  /** Whether a page of `origin` is ours (the host it was served from) or named in the configuration. */
  admits(origin: string, host: string | undefined): boolean {
    if (this.allowed.has(origin.toLowerCase())) return true;
    if (!URL.canParse(origin)) return false;
    return host !== undefined && new URL(origin).host === host.toLowerCase();
  }
}
