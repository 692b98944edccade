import { type CommandLine, parseOptions } from '../options';
import { type ServiceName, SERVICES } from '../paths';

export interface DevCommandLine extends CommandLine {
  /** The one service to join the running ones with; undefined runs everything. */
  service: ServiceName | undefined;
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
  let service: ServiceName | undefined;
  const options = parseOptions(argv, 'npm run dev', (name, help) => {
    service = SERVICES.find((known) => known === name);
    if (service === undefined) throw new Error(`${name} is neither a service nor an option ${help}`);
  });
  return { service, ...options };
}
