import { Problem } from '../problem';

/**
 * Host names of this installation. In a DNS rebinding attack another site's name resolves to our address, so a browser sees its own origin;
 * but the request's `Host` is that site's name.
 */
export class AllowedHosts {
  private readonly names: readonly string[];

  /** @param names without port; `*.example.com` stands for every name below; none allows all */
  constructor(names: readonly string[]) {
    this.names = names.map((name) => name.toLowerCase());
  }

  /** @throws Problem 421 */
  check(host: string | undefined): void {
    if (this.allows(host)) return;
    throw new Problem(
      421,
      'This server is not known by the name that was asked for. An administrator can add it to ALLOWED_HOSTS.',
    );
  }

  allows(host: string | undefined): boolean {
    if (this.names.length === 0) return true;
    const url = `http://${host ?? ''}`;
    if (!URL.canParse(url)) return false;
    const { hostname } = new URL(url);
    return this.names.some((name) =>
      name.startsWith('*.') ? hostname.endsWith(name.slice(1)) : hostname === name || hostname === `[${name}]`,
    );
  }
}
