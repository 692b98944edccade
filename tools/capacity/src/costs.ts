import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Everything that uses CPU: the five services and the two stores. */
export const PROCESSES = ['gateway', 'auth', 'chat', 'retrieval', 'config', 'postgres', 'redis'] as const;
export type Process = (typeof PROCESSES)[number];

const byProcess = z.record(z.enum(PROCESSES), z.number().nonnegative());
/** One figure for each process. */
export type ByProcess = z.infer<typeof byProcess>;

const tokenCost = z.object({ answers: z.number().positive(), us: byProcess });

/** What was measured on a running system (`npm run bench:capacity`, docs/results/capacity.json). */
export const costsSchema = z.object({
  cpu: z.object({
    /** Milliseconds of a turn with an answer of one token, its title included. */
    turn_ms: byProcess,
    /**
     * Microseconds of each further token, read on a socket, with few and with many answers at once in one worker: the more there are, the more
     * tokens share a wake-up of a process.
     */
    token_us: z.object({ few: tokenCost, many: tokenCost }),
    /** Milliseconds of a small request: a list of chats, of models, the settings. */
    request_ms: byProcess,
    /** Milliseconds of a sign-in: the password's hash above all. */
    sign_in_ms: byProcess,
    /** Milliseconds of an ingested chunk of a document, without its embedding. */
    chunk_ms: byProcess,
    /** Milliseconds of a search in documents. */
    search_ms: byProcess,
    /** Milliseconds a second of one process of each kind that has nothing to do. */
    idle_ms: byProcess,
  }),
  memory: z.object({
    /** MiB of one process of each kind that has nothing to do. */
    idle_mib: z.record(z.string(), z.number().nonnegative()),
    /** KiB that a gateway holds for an open socket. */
    socket_kib: z.number().nonnegative(),
    /** KiB that a chat worker holds for a running answer. */
    answer_kib: z.number().nonnegative(),
  }),
  bytes: z.object({
    /** Sent to the client for each token. */
    wire_per_token: z.number().nonnegative(),
    /** Growth of the database for a turn with an answer of `tokens_of_turn` tokens. */
    database_per_turn: z.number().nonnegative(),
    tokens_of_turn: z.number().positive(),
    /** Growth of the database, vectors included (pgvector), for a chunk. */
    database_per_chunk: z.number().nonnegative(),
    /** Characters of a chunk. */
    characters_per_chunk: z.number().positive(),
  }),
});
export type Costs = z.infer<typeof costsSchema>;

/** @throws a ZodError when the file has another shape */
export function readCosts(path: string): Costs {
  const { costs } = JSON.parse(readFileSync(path, 'utf8')) as { costs: unknown };
  return costsSchema.parse(costs);
}
