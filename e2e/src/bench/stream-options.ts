import { parseArgs } from 'node:util';

/** Parts that can be measured separately. */
export const PARTS = ['idle', 'socket', 'sse', 'turn', 'latency', 'long', 'steady', 'replicas'] as const;
export type Part = (typeof PARTS)[number];

const USAGE = `bench:stream [--only ${PARTS.join(',')}] [--node PATH] [--streams 200] [--quick] [--env NAME=VALUE] [--statements]
What a turn and a token cost: CPU, latency, bytes, SQL and memory of a whole system, with the provider simulator as model. Prints each target
with its verdict; the last line has the figures.

  --only        some parts; a figure that needs a part left out is null. Only a whole run is kept in docs/results.
                idle: memory and CPU without a request. socket, sse: 200 answers of 300 tokens. turn: answers of one token.
                latency: 10 and 50 answers. long: 100,000 characters. steady: 400 answers. replicas: 2 gateways and 3 workers.
  --node        another Node for all of it: services, simulator, bare relay and driver
  --quick       one round of warm-up instead of three: for pairs of figures, not for results
  --env         a variable for all services, as often as needed: for pairs of figures within one build
  --statements  also what Postgres was asked`;

export interface BenchOptions {
  parts: ReadonlySet<Part>;
  /** Concurrent answers in the large loads. */
  streams: number;
  quick: boolean;
  statements: boolean;
  env: Record<string, string>;
  /** The Node for a run of everything. */
  node: string | undefined;
}

/** Parses the command line; prints the usage and exits if requested. */
export function readOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: PARTS.join(',') },
      node: { type: 'string' },
      streams: { type: 'string', default: '200' },
      quick: { type: 'boolean', default: false },
      env: { type: 'string', multiple: true, default: [] },
      statements: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  return {
    parts: new Set(values.only.split(',').map(toPart)),
    streams: Number(values.streams),
    quick: values.quick,
    statements: values.statements,
    env: Object.fromEntries(values.env.map(toVariable)),
    node: values.node,
  };
}

function toPart(name: string): Part {
  const part = PARTS.find((known) => known === name);
  if (!part) throw new Error(`there is no part "${name}": ${PARTS.join(', ')}`);
  return part;
}

function toVariable(assignment: string): [string, string] {
  const at = assignment.indexOf('=');
  if (at < 1) throw new Error(`--env takes NAME=VALUE, not "${assignment}"`);
  return [assignment.slice(0, at), assignment.slice(at + 1)];
}
