import { type ServiceName, SERVICES } from './paths';

export type Scale = Record<ServiceName, number>;

export interface CommandLine {
  scale: Scale;
  port: number | undefined;
  simulator: boolean;
  help: boolean;
}

export const HELP = `Usage: npm start -- [options]

  --scale gateway=2,chat=3   how many processes of each service (default 1 each; several gateways share one port)
  --port 8080                the port that users reach (default PORT, or 8080)
  --simulator                the simulator instead of a language model, and to embed the documents of a fresh installation
  --help                     this text

Environment: PERENNIAL_HOME, DATABASE_URL, REDIS_URL, HOST, PORT, OPENAI_API_BASE_URLS, OPENAI_API_KEYS,
OLLAMA_BASE_URLS, LOCAL_EMBEDDER_FOLDER, LOCAL_EMBEDDER_HUB and all variables of the services (docs/environment.md).
`;

const MAX_REPLICAS = 16;

/** Parses the arguments after `npm start --`. Throws an error that says what to write instead. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  return parseOptions(argv, 'npm start', (name, help) => {
    throw new Error(`${name} is not an option ${help}`);
  });
}

/**
 * Parses the options that `npm start` and `npm run dev` have in common.
 *
 * @param command what the user wrote before `--`
 * @param other takes an argument that is none of them, and the words that point to the help
 */
export function parseOptions(
  argv: readonly string[],
  command: string,
  other: (name: string, help: string) => void,
): CommandLine {
  const help = `(${command} -- --help)`;
  const result: CommandLine = { scale: parseScale(''), port: undefined, simulator: false, help: false };
  for (let at = 0; at < argv.length; at++) {
    const [name, inline] = splitOnce(argv[at] ?? '', '=');
    const value = (): string => {
      const given = inline ?? argv[++at];
      if (given === undefined) throw new Error(`${name} needs a value ${help}`);
      return given;
    };
    if (name === '--scale') result.scale = parseScale(value());
    else if (name === '--port') result.port = parsePort(value());
    else if (name === '--simulator') result.simulator = true;
    else if (name === '--help' || name === '-h') result.help = true;
    else other(name, help);
  }
  return result;
}

/** `gateway=2,chat=3` → one number for each service. */
export function parseScale(text: string): Scale {
  const scale: Scale = { gateway: 1, auth: 1, chat: 1, retrieval: 1, config: 1 };
  for (const part of text.split(',').filter(Boolean)) {
    const [service, number] = splitOnce(part.trim(), '=');
    const known = SERVICES.find((name) => name === service);
    if (!known) throw new Error(`--scale: there is no service "${service}" (${SERVICES.join(', ')})`);
    const count = Number(number);
    // None of a service, where one is to join that is being worked on; but somebody has to open the door.
    const least = known === 'gateway' ? 1 : 0;
    if (!Number.isInteger(count) || count < least || count > MAX_REPLICAS) {
      throw new Error(`--scale: ${service} needs a number from ${least} to ${MAX_REPLICAS}, e.g. ${service}=2`);
    }
    scale[known] = count;
  }
  return scale;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port: "${text}" is not a port`);
  return port;
}

/** `--name=value` → `['--name', 'value']`; without the separator the second is undefined. */
function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
