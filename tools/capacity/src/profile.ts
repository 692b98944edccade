import { z } from 'zod';

/** How people use it. Each value has a default; a file with some of them (`--profile FILE`) replaces these. */
export const profileSchema = z.strictObject({
  /** Share of all people who use it on a working day. */
  active_share: z.number().min(0).max(1).default(0.4),
  /** Questions of an active person on a working day. */
  turns_per_day: z.number().nonnegative().default(15),
  /** Share of a day's turns in its busiest hour. */
  busiest_hour_share: z.number().min(0).max(1).default(0.15),
  /** In the busiest hour, how many times its mean rate the first five minutes have: meetings end on the hour. */
  burst: z.number().min(1).max(12).default(2),
  /** Tokens of an answer: the median, and the one that a twentieth of the answers exceeds. */
  tokens_median: z.number().positive().default(300),
  tokens_p95: z.number().positive().default(1_500),
  /** Tokens a second of the model, in one answer. */
  tokens_per_second: z.number().positive().default(40),
  /** Seconds until its first token. */
  first_token_s: z.number().nonnegative().default(0.6),
  /** Share of the turns that search documents. */
  search_share: z.number().min(0).max(1).default(0.3),
  /** Small requests of a page for each turn: lists, models, settings. */
  requests_per_turn: z.number().nonnegative().default(8),
  /** Open pages at once, as a share of the active people; each holds a socket. */
  open_pages_share: z.number().nonnegative().default(0.6),
  /** Sign-ins of an active person on a day. */
  sign_ins_per_day: z.number().nonnegative().default(0.5),
  /** Documents of a person, their text in characters, their size in bytes. */
  documents_per_person: z.number().nonnegative().default(20),
  characters_per_document: z.number().positive().default(30_000),
  bytes_per_document: z.number().positive().default(1_000_000),
  /** Documents that an active person adds on a day. */
  documents_per_day: z.number().nonnegative().default(0.3),
  /** Dimensions of the embedding model. */
  dimensions: z.number().int().positive().default(1_024),
  working_days_per_month: z.number().positive().default(21),
  /** How long chats are kept, in months. */
  months_kept: z.number().positive().default(12),
});
export type Profile = z.infer<typeof profileSchema>;

/** The usual use. */
export const USUAL: Profile = profileSchema.parse({});

const Z95 = 1.6449;

/** The lognormal distribution with that median and that 95th percentile. */
export function lengthOfAnswers({ tokens_median, tokens_p95 }: Profile): { mu: number; sigma: number; mean: number } {
  const mu = Math.log(tokens_median);
  const sigma = Math.max(0, (Math.log(tokens_p95) - mu) / Z95);
  return { mu, sigma, mean: Math.exp(mu + (sigma * sigma) / 2) };
}
