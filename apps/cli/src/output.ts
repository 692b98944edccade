import { explain, UsageError } from './failure';

/** What a command says at its end. */
export interface Result {
  /** For programs: printed with `--json`. */
  data: unknown;
  /** For people; lines without a line break. */
  lines: readonly string[];
  /** The command has found something wrong: exit code 1. */
  failed?: boolean;
}

/** Prints the result to standard output. */
export function printResult({ data, lines }: Result, json: boolean): void {
  const text = json ? JSON.stringify(data) : lines.join('\n');
  if (text !== '') process.stdout.write(`${text}\n`);
}

/** Prints why a command failed to standard error. */
export function printFailure(error: unknown, json: boolean): void {
  const message = explain(error);
  const help = error instanceof UsageError ? '\nSee: perennial --help' : '';
  process.stderr.write(json ? `${JSON.stringify({ error: message })}\n` : `${message}${help}\n`);
}

/** A table with aligned columns; nothing for no rows. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const all = [header, ...rows];
  const widths = header.map((_, at) => Math.max(...all.map((row) => (row[at] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
