import { Problem } from '../problem';

/**
 * The names that this installation is known by. A page of a stranger whose name resolves to our address (DNS rebinding) is of our own origin for
 * a browser; it asks for the stranger's name, though.
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
