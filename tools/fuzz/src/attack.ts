import { type Answer, MAX_REFUSAL_BYTES, send } from './http';
import type { Plan, PlannedRequest, Role } from './plan';
import { Random } from './random';
import { type Address, anyScript, halfSentBodies, play } from './raw-sockets';
import type { RedisRecords } from './redis-records';

/** The attacked product. */
export interface Target {
  readonly baseUrl: string;
  /** Headers that prove a role. */
  credentials(role: Role, path: string): Record<string, string>;
  /** A planned text with real ids instead of placeholders. */
  filled(text: string): string;
  /** Recreates objects that earlier requests may have deleted. */
  renew(): Promise<void>;
}

export interface AttackOptions {
  target: Target;
  plan: Plan;
  redis?: RedisRecords;
  /** Number of the plan's first request, to reproduce a finding. */
  from: number;
  /** It ends when both are reached. */
  requests: number;
  seconds: number;
  /** How many requests are under way. */
  atOnce: number;
  /** Unfinished requests of one client at once; 0 skips them. */
  halfSent: number;
  onFind: (find: Find) => void;
}

/** A reply that must not occur. */
export interface Find {
  kind: '500' | 'amplified' | 'unanswered';
  index: number;
  name: string;
  sent: string;
  answered: string;
}

/** One exchange of a run; `from` and `to` are epoch milliseconds. */
export interface Exchange {
  name: string;
  from: number;
  to: number;
  /** 0: the connection broke, or no reply was due; -1: time-out. */
  status: number;
}

/** What was sent and answered so far. */
export interface Tally {
  requests: number;
  exchanges: Exchange[];
  unexpected: number;
  amplified: number;
}

/** One request in so many is of this kind. */
const EACH = { script: 8, redis: 200, renew: 400, halfSent: 900 };
const HOLD_HALF_SENT_MS = 4_000;
/** A connection that broke after this time was held and then dropped. */
const LONG_MS = 10_000;
const SHOWN_CHARS = 500;

/** Sends the planned requests until the number and the time are reached. */
export async function attack(options: AttackOptions): Promise<Tally> {
  const tally: Tally = { requests: 0, exchanges: [], unexpected: 0, amplified: 0 };
  const endsAt = Date.now() + options.seconds * 1_000;
  let next = options.from;
  const work = async (): Promise<void> => {
    while (tally.requests < options.requests || Date.now() < endsAt) await step(options, next++, tally);
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  return tally;
}

/** One step of the plan: a request, or a script on a socket, sometimes with other attacks in parallel. */
async function step(options: AttackOptions, index: number, tally: Tally): Promise<void> {
  const { target, plan, redis, halfSent } = options;
  const random = new Random(plan.seed * 7_919 + index);
  const address = addressOf(target.baseUrl);
  const isTurn = (each: number): boolean => index % each === each - 1;
  if (isTurn(EACH.renew)) await target.renew();
  if (isTurn(EACH.redis) && redis) await beside(tally, 'malformed records', redis.write(random));
  if (isTurn(EACH.halfSent) && halfSent > 0) {
    await beside(tally, 'half-sent bodies', halfSentBodies(address, halfSent, HOLD_HALF_SENT_MS));
  }
  const from = Date.now();
  const answered = isTurn(EACH.script) ? await script(address, random) : await request(target, plan.request(index));
  const to = Date.now();
  judge({ index, ms: to - from, ...answered }, options, tally);
  tally.requests += 1;
  tally.exchanges.push({ name: answered.name, from, to, status: answered.status });
}

/** Parallel attacks are not counted as requests. */
async function beside(tally: Tally, name: string, work: Promise<void>): Promise<void> {
  const from = Date.now();
  await work;
  tally.exchanges.push({ name, from, to: Date.now(), status: 0 });
}

type Answered = Answer & { name: string; sent: string };

async function script(address: Address, random: Random): Promise<Answered> {
  const { name, script } = anyScript(random);
  const text = await play(address, script);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  return { name, sent: '', status, bytes: text.length, text };
}

async function request(target: Target, planned: PlannedRequest): Promise<Answered> {
  const { name, method } = planned;
  const path = target.filled(planned.path);
  const headers = { ...target.credentials(planned.role, planned.path), ...planned.headers };
  const body = typeof planned.body === 'string' ? target.filled(planned.body) : planned.body;
  const answer = await send({ method, url: target.baseUrl + path, headers, ...(body === undefined ? {} : { body }) });
  const shown = body?.toString('utf8', 0, SHOWN_CHARS) ?? '';
  return { name, sent: `${method} ${path} ${JSON.stringify(planned.headers)} ${shown}`, ...answer };
}

function judge(
  { index, ms, name, sent, status, bytes, text }: Answered & { index: number; ms: number },
  { onFind }: AttackOptions,
  tally: Tally,
): void {
  const find = (kind: Find['kind']): void =>
    onFind({
      kind,
      index,
      name,
      sent: sent.slice(0, SHOWN_CHARS),
      answered: `${status} ${text.slice(0, SHOWN_CHARS)}`,
    });
  if (status === 500) {
    tally.unexpected += 1;
    find('500');
  }
  if (status >= 400 && bytes > MAX_REFUSAL_BYTES) {
    tally.amplified += 1;
    find('amplified');
  }
  if (status === -1 || (status === 0 && ms > LONG_MS)) find('unanswered');
}

function addressOf(baseUrl: string): Address {
  const { hostname, port } = new URL(baseUrl);
  return { host: hostname, port: Number(port) };
}
