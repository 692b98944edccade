const ROW = /^\| `(?<name>[A-Z0-9_]+)` +\|.*?\| (?<notes>[^|]*)\|$/;

/** The variables that a process may be given: those in docs/environment.md, and of secrets also the names of their files. */
export function knownVariables(environmentPage: string): ReadonlySet<string> {
  return new Set(
    environmentPage.split('\n').flatMap((line) => {
      const { name, notes = '' } = ROW.exec(line)?.groups ?? {};
      if (name === undefined) return [];
      return notes.includes('Secret.') ? [name, `${name}_FILE`] : [name];
    }),
  );
}
