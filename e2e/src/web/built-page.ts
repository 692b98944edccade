import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const STATIC_IMPORT = /(?:\bfrom|\bimport)\s*["']\.\/([^"']+\.js)["']/g;
/** One that waits until it is wanted, too. */
const ANY_IMPORT = /(?:\bfrom|\bimport)\s*\(?["'`]\.\/([^"'`]+\.js)["'`]/g;

/** The built page: its files, and what of them is loaded when. */
export class BuiltPage {
  /** Before one can type. */
  readonly entry: ReadonlySet<string>;
  /** For an open chat. */
  readonly chat: ReadonlySet<string>;
  /** For the page where one signs in, if nobody has done it in this browser before. */
  readonly signIn: ReadonlySet<string>;
  /** Without those of formulas, which come with the first one. */
  readonly styles: readonly string[];

  /** @param root the folder of the clone */
  constructor(private readonly root: string) {
    const html = this.read('index.html');
    const names = readdirSync(join(this.folder, 'assets')).map((name) => `assets/${name}`);
    const loaded = [...html.matchAll(/<script [^>]*src="\/([^"]+)"/g)].map(([, name = '']) => name);
    const workspace = /data-workspace="([^"]+)"/.exec(html)?.[1] ?? '';
    const all = (names: Iterable<string>, seen = new Set<string>()) => {
      for (const name of names) this.withImports(name, seen);
      return seen;
    };
    this.entry = all([
      ...loaded,
      ...workspace
        .split(' ')
        .filter(Boolean)
        .map((path) => path.slice(1)),
    ]);
    const transcript = names.filter((name) => /transcript-[^/]+\.js$/.test(name));
    this.chat = all(transcript, new Set(this.entry));
    this.signIn = all([...loaded, ...names.filter((name) => /sign-in-page-[^/]+\.js$/.test(name))]);
    this.styles = names.filter((name) => name.endsWith('.css') && !name.includes('katex'));
  }

  /** What each part that is loaded when it is wanted brings, without what is there before, formulas, and the frame in which diagrams are drawn. */
  ownScripts(): { name: string; bytes: number }[] {
    const frame = [...this.read('sandbox/diagram.html').matchAll(/(?:src|href)="\/([^"]+\.js)"/g)];
    const before = new Set([...this.entry, ...this.chat]);
    for (const [, name = ''] of frame) this.withImports(name, before, ANY_IMPORT);
    return readdirSync(join(this.folder, 'assets'))
      .filter((name) => name.endsWith('.js') && !name.includes('katex'))
      .map((name) => `assets/${name}`)
      .filter((name) => !before.has(name))
      .map((name) => ({ name, bytes: this.weight([...this.withImports(name)].filter((each) => !before.has(each))) }));
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

  /** A script with all that it imports. */
  private withImports(name: string, seen = new Set<string>(), of = STATIC_IMPORT): Set<string> {
    if (seen.has(name)) return seen;
    seen.add(name);
    for (const [, file = ''] of this.read(name).matchAll(of)) this.withImports(`assets/${file}`, seen, of);
    return seen;
  }
}
