import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The built page: its files, and what of them is loaded when. */
export class BuiltPage {
  /** Before one can type. */
  readonly entry: ReadonlySet<string>;
  /** For an open chat. */
  readonly chat: ReadonlySet<string>;
  /** Without those of formulas, which come with the first one. */
  readonly styles: readonly string[];

  /** @param root the folder of the clone */
  constructor(private readonly root: string) {
    const html = this.read('index.html');
    const names = readdirSync(join(this.folder, 'assets')).map((name) => `assets/${name}`);
    this.entry = [...html.matchAll(/<script [^>]*src="\/([^"]+)"/g)].reduce(
      (seen, [, name = '']) => this.withImports(name, seen),
      new Set<string>(),
    );
    const transcript = names.filter((name) => /transcript-[^/]+\.js$/.test(name));
    this.chat = transcript.reduce((seen, name) => this.withImports(name, seen), new Set(this.entry));
    this.styles = names.filter((name) => name.endsWith('.css') && !name.includes('katex'));
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** Bytes of files, each compressed as servers do it. */
  weight(names: Iterable<string>): number {
    let bytes = 0;
    for (const name of names) bytes += gzipSync(readFileSync(join(this.folder, name)), { level: 9 }).length;
    return bytes;
  }

  private get folder(): string {
    return join(this.root, 'apps/web/dist');
  }

  /** A script with all that it imports before it runs. */
  private withImports(name: string, seen = new Set<string>()): Set<string> {
    if (seen.has(name)) return seen;
    seen.add(name);
    const imported = this.read(name).matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([^"']+\.js)["']/g);
    for (const [, file = ''] of imported) this.withImports(`assets/${file}`, seen);
    return seen;
  }
}
