/** A row: a file, or a folder (its path ends with `/`), whether a test runs it or only validates it, and the file of that test. */
export interface Row {
  /** Relative to the repository, `deploy/compose/compose.yaml`. */
  readonly path: string;
  readonly state: 'run' | 'validated';
  readonly test: string;
}

const ROW = /^\| `(?<path>[^`]+)` +\| (?<state>run|validated) +\| `(?<test>[^`]+)`/;

/** The rows of deploy/README.md. Its paths are relative to `deploy/`; those of tests are relative to the repository. */
export function readTable(markdown: string): readonly Row[] {
  return markdown.split('\n').flatMap((line) => {
    const { path, state, test } = ROW.exec(line)?.groups ?? {};
    if (path === undefined || state === undefined || test === undefined) return [];
    return [{ path: `deploy/${path}`, state: state === 'run' ? 'run' : 'validated', test } as const];
  });
}

/** The files that no row tells of. Pages of text (`.md`) need none. */
export function untold(files: readonly string[], rows: readonly Row[]): readonly string[] {
  const told = (file: string): boolean =>
    rows.some(({ path }) => (path.endsWith('/') ? file.startsWith(path) : file === path));
  return files.filter((file) => !file.endsWith('.md') && !told(file));
}
