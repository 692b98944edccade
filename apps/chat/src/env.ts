import { blobStoreEnv, blobStoreRules } from '@perennial/blob-store';
import { commonEnv, databaseEnv, integer, proxyEnv, redisEnv, secretEnv, variable } from '@perennial/runtime';
import { z } from 'zod';

const variables = z.object({
  ...commonEnv,
  ...databaseEnv,
  ...redisEnv,
  ...secretEnv,
  ...proxyEnv,
  ...blobStoreEnv,
  CHAT_ROLE: variable(z.enum(['api', 'worker', 'all', 'quarantine']).default('all'), {
    description:
      'What this replica does: `api` answers calls, `worker` writes answers, `all` does both. A worker itself starts processes with `quarantine`, for answers with which workers have died.',
  }),
  SHUTDOWN_GRACE_MS: variable(integer(100, 600_000).default(120_000), {
    description:
      'Milliseconds between SIGTERM and the end of the process. Answers may end by themselves for up to half of it; the rest is handed over.',
  }),
  WORKER_CONCURRENCY: variable(integer(1, 10_000).default(400), {
    description: 'Answers that one worker writes at once.',
  }),
  WORKER_PICTURE_BYTES: variable(integer(24_000_000).default(150_000_000), {
    description:
      'Bytes of pictures that one worker holds for the answers that it writes; they take about four times as much memory. An answer whose pictures do not fit waits for up to a minute, then fails. One user gets at most half.',
  }),
  MAX_RUNS_PER_USER: variable(integer(1, 100_000).default(10), {
    description: 'Answers that one user may have queued or running; further turns are refused with 429.',
  }),
  MAX_QUEUED_RUNS: variable(integer(1, 1_000_000).default(2_000), {
    description: 'Answers of all users that may wait for a worker; further turns are refused with 503.',
  }),
  MAX_MESSAGE_CHARS: variable(integer(1).default(200_000), {
    description: 'Characters of text that one message may have.',
  }),
  MAX_ANSWER_CHARS: variable(integer(1).default(500_000), {
    description: 'Characters after which an answer ends with the finish reason `length`.',
  }),
  MAX_RUN_SECONDS: variable(integer(1, 604_800).default(3_600), {
    description:
      'Seconds from the first claim to the end of an answer; one that takes longer fails and may be retried.',
  }),
  MAX_CHAT_BYTES_PER_USER: variable(integer(0).default(1_000_000_000), {
    description:
      'Bytes of the chats of one user, including pictures; requests that would exceed them get 413. 0: no limit.',
  }),
  DOCUMENTS_TIMEOUT_MS: variable(integer(100, 60_000).default(10_000), {
    description:
      'Time-out in milliseconds for the search of a turn’s documents, and for the generation of its queries. After the first the answer is given without documents; after the second the question itself is the query.',
  }),
  MAX_RUN_DEATHS: variable(integer(0, 1_000).default(5), {
    description:
      'How many workers may die while they write the same answer before it fails. After two deaths it moves to a quarantine process, and it fails only after a death there that it was alone in, so less than 3 counts as 3.',
  }),
});

/** The environment of a chat process; parsed once at start. */
export const chatEnv = variables.superRefine(blobStoreRules);
export type ChatEnv = z.output<typeof chatEnv>;

/** Injection token of the parsed environment. */
export const CHAT_ENV = Symbol('CHAT_ENV');
