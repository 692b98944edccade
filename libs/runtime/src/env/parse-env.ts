import type { z } from 'zod';
import { describeVariables, type VariableDescription } from './inspect';
import { weakness } from './placeholders';
import { readSecretFile } from './secret-files';

/** Exit code when the environment is invalid: `EX_CONFIG` of sysexits.h. A supervisor should not restart. */
export const EXIT_CONFIG = 78;

export type EnvSource = Readonly<Record<string, string | undefined>>;

/** An invalid variable. */
export interface EnvProblem {
  variable: string;
  /** What is wrong; never contains the value of a secret. */
  problem: string;
  /** What to put there. */
  remedy: string;
}

/** The environment is invalid; `message` is a report for the operator. */
export class EnvError extends Error {
  override readonly name = 'EnvError';

  constructor(
    readonly service: string,
    readonly problems: readonly EnvProblem[],
  ) {
    super(report(service, problems));
  }
}

/**
 * Reads the environment by a schema. An empty variable counts as unset, and aliases stand in for unset ones. A secret is also read from the
 * file that `<variable>_FILE` names.
 * @throws EnvError with every variable that is wrong, not only the first
 */
export function readEnv<S extends z.ZodObject>(
  schema: S,
  source: EnvSource,
  options: { service: string },
): z.output<S> {
  const variables = describeVariables(schema);
  const problems = new Map<string, EnvProblem>();
  const input: Record<string, string | undefined> = {};
  /** The value, joined with the variables that add to it. */
  const combined = ({ combine }: VariableDescription, value: string): { value?: string; problem?: string } => {
    const read = (name: string): string | undefined => {
      const other = variables.find((candidate) => candidate.name === name);
      return other && lookUp(other, source).value;
    };
    return combine?.(value, read) ?? { value };
  };
  for (const variable of variables) {
    const found = lookUp(variable, source);
    const { value, problem } = found.value === undefined ? found : combined(variable, found.value);
    input[variable.name] = value;
    if (problem !== undefined) problems.set(variable.name, problemOf(variable.name, variable, problem));
  }
  const parsed = schema.safeParse(input);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0] ?? 'environment');
    if (problems.has(name)) continue;
    const variable = variables.find((candidate) => candidate.name === name);
    const value = input[name];
    problems.set(
      name,
      problemOf(
        name,
        variable,
        value === undefined && issue.path.length > 0 ? 'is not set' : wrong(issue.message, value, variable),
      ),
    );
  }
  if (lookUpPlain('NODE_ENV', source) === 'production') {
    for (const variable of variables) {
      const value = input[variable.name];
      if (variable.strong !== true || value === undefined || problems.has(variable.name)) continue;
      const reason = weakness(value);
      if (reason !== undefined)
        problems.set(variable.name, problemOf(variable.name, variable, `${reason}, which production refuses`));
    }
  }
  if (problems.size > 0 || !parsed.success) throw new EnvError(options.service, [...problems.values()]);
  return parsed.data;
}

/** Like `readEnv`, but prints the report on standard error and ends the process with `EXIT_CONFIG`. */
export function parseEnv<S extends z.ZodObject>(
  schema: S,
  source: EnvSource,
  options: { service: string },
): z.output<S> {
  try {
    return readEnv(schema, source, options);
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
}

/** The value of a variable, its alias or its file, or why it cannot be used; neither when it is unset. */
function lookUp(variable: VariableDescription, source: EnvSource): { value?: string; problem?: string } {
  for (const name of [variable.name, ...(variable.aliases ?? [])]) {
    const value = lookUpPlain(name, source);
    const fileVariable = `${name}_FILE`;
    const file = variable.secret === true ? lookUpPlain(fileVariable, source) : undefined;
    // Which of two secrets is meant cannot be guessed.
    if (value !== undefined && file !== undefined)
      return { problem: `is given twice: unset ${name} or ${fileVariable}` };
    if (value !== undefined) return { value };
    if (file !== undefined) return readSecretFile(file, fileVariable);
  }
  return {};
}

function lookUpPlain(name: string, source: EnvSource): string | undefined {
  const value = source[name]?.trim();
  return value === '' ? undefined : value;
}

function wrong(message: string, value: string | undefined, variable: VariableDescription | undefined): string {
  const shown =
    value === undefined || variable === undefined || variable.secret === true
      ? ''
      : ` (it is ${JSON.stringify(value)})`;
  return `${message}${shown}`;
}

function problemOf(name: string, variable: VariableDescription | undefined, problem: string): EnvProblem {
  const also = variable?.aliases?.length ? ` (${variable.aliases.join(', ')} is read as well)` : '';
  const example = variable?.example ?? variable?.defaultValue;
  const put = example === undefined ? '' : ` Put there: ${example}`;
  return { variable: name, problem, remedy: `${variable?.description ?? ''}${put}${also}`.trim() };
}

function report(service: string, problems: readonly EnvProblem[]): string {
  const count = problems.length === 1 ? 'one environment variable is' : `${problems.length} environment variables are`;
  const lines = problems.map(({ variable, problem, remedy }) => `  ${variable} ${problem}\n      ${remedy}`);
  return `${service} cannot start: ${count} not right.\n\n${lines.join('\n')}\n\nAll variables: docs/environment.md`;
}
