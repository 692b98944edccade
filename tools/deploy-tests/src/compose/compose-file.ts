import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

/** What the processes of a machine need of one service of a Compose file. */
export interface ComposeService {
  /** What it extends, or itself: `gateway-1` and `gateway-2` are both `gateway`. */
  kind: string;
  environment: Record<string, string>;
  replicas: number;
  profiles: string[];
}

interface RawService {
  extends?: { file?: string; service: string };
  environment?: Record<string, string | number | boolean>;
  profiles?: string[];
  deploy?: { replicas?: number };
}

/**
 * The services of a Compose file, with `extends` and variables resolved.
 *
 * @param variables values of `${NAME}`; a variable that has none gets the default in the file
 */
export function readComposeFile(
  path: string,
  variables: Readonly<Record<string, string>> = {},
): Record<string, ComposeService> {
  const { services } = load(path);
  return Object.fromEntries(
    Object.keys(services).map((name) => {
      const { environment = {}, profiles = [], deploy } = resolve(path, name);
      const kind = services[name]?.extends?.service ?? name;
      const values = Object.entries(environment).map(([key, value]) => [key, interpolate(String(value), variables)]);
      return [name, { kind, environment: Object.fromEntries(values), profiles, replicas: deploy?.replicas ?? 1 }];
    }),
  );
}

function load(path: string): { services: Record<string, RawService> } {
  return parse(readFileSync(path, 'utf8'), { merge: true }) as { services: Record<string, RawService> };
}

function resolve(path: string, name: string): RawService {
  const service = load(path).services[name];
  if (service === undefined) throw new Error(`${path} has no service ${name}`);
  if (service.extends === undefined) return service;
  const { file, service: base } = service.extends;
  const inherited = resolve(file === undefined ? path : join(dirname(path), file), base);
  return {
    ...inherited,
    ...service,
    environment: { ...inherited.environment, ...service.environment },
    deploy: { ...inherited.deploy, ...service.deploy },
  };
}

/**
 * `${NAME:-default}` stands in for an empty value too, `${NAME-default}` only for a missing one; `${NAME:+text}` is the text where there is a
 * value, `$$` is a dollar sign. A default may have variables of its own.
 */
function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  const innermost = /\$\{(?<name>\w+)(?:(?<operator>:?-|:\+)(?<other>[^${}]*))?\}/;
  const parts = text.split('$$').map((part) => {
    let result = part;
    for (let found; (found = innermost.exec(result));) {
      const { name = '', operator = '-', other = '' } = found.groups ?? {};
      const value = variables[name];
      const given = value !== undefined && (operator === '-' || value !== '');
      const chosen = operator === ':+' ? (given ? other : '') : given ? value : other;
      result = result.replace(found[0], () => chosen);
    }
    return result;
  });
  return parts.join('$');
}
