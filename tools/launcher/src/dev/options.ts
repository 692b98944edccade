import { parsePort, parseScale, type Scale, splitOnce } from '../options';
import { type ServiceName, SERVICES } from '../paths';

export interface DevCommandLine {
  /** The one service to join the running ones with; undefined runs everything. */
  service: ServiceName | undefined;
  scale: Scale;
  port: number | undefined;
  simulator: boolean;
  help: boolean;
}

export const DEV_HELP = `Usage: npm run dev -- [service] [options]

Runs Perennial from its sources: a service whose code changes is built and started anew, the page reloads by itself.

  chat               this service alone, as one more process beside those of a running npm start or npm run dev
                     (gateway, auth, chat, retrieval or config)

  --simulator        the simulator instead of a language model, and to embed the documents of a fresh installation
  --port 8080        the port of the page (default PORT, or 8080)
  --scale chat=0     how many processes of each service; 0 leaves the place to one that joins
  --help             this text
`;

/** Parses the arguments after `npm run dev --`. Throws an error that says what to write instead. */
export function parseDevCommandLine(argv: readonly string[]): DevCommandLine {
  const result: DevCommandLine = {
    ...{ service: undefined, scale: parseScale(''), port: undefined, simulator: false, help: false },
  };
  for (let at = 0; at < argv.length; at++) {
    const [name, inline] = splitOnce(argv[at] ?? '', '=');
    const value = (): string => {
      const given = inline ?? argv[++at];
      if (given === undefined) throw new Error(`${name} needs a value (npm run dev -- --help)`);
      return given;
    };
    const service = SERVICES.find((known) => known === name);
    if (service !== undefined) result.service = service;
    else if (name === '--scale') result.scale = parseScale(value());
    else if (name === '--port') result.port = parsePort(value());
    else if (name === '--simulator') result.simulator = true;
    else if (name === '--help' || name === '-h') result.help = true;
    else throw new Error(`${name} is neither a service nor an option (npm run dev -- --help)`);
  }
  return result;
}
