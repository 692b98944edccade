import fc, { type Arbitrary } from 'fast-check';
import { fitting, type Ids } from './arbitrary';
import { upload } from './forms';
import { broken, LARGE_BODIES, NASTY, RAW_BODIES } from './nasty';
import { Random } from './random';
import type { FuzzedRoute, Shape } from './routes';

export const ROLES = ['anonymous', 'user', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** One request with placeholders. */
export interface PlannedRequest {
  index: number;
  /** For people: route, role and speciality. */
  name: string;
  role: Role;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | Buffer;
}

const JSON_TYPE = 'application/json';

const HEADERS: readonly Record<string, string>[] = [
  { 'idempotency-key': 'k'.repeat(300) },
  { 'idempotency-key': 'fuzz' },
  { 'last-event-id': '1.1.999999999999999' },
  { 'last-event-id': '-1.NaN.x' },
  { range: 'bytes=0-0,5-1,9999999999999999-' },
  { range: 'bytes=-0' },
  { 'if-none-match': '*' },
  { 'if-modified-since': 'not a date' },
  { 'accept-encoding': 'br;q=NaN, gzip;q=-1, x' },
  { accept: 'text/html;q=0.1, */*;q=zzz' },
  { 'content-type': 'application/json; charset=utf-7' },
  { 'content-type': 'multipart/form-data' },
  { 'content-type': 'text/plain' },
  { 'content-encoding': 'gzip' },
  { cookie: 'token=%' },
  { cookie: 'token=%E0%A4%A; token=; =;;;' },
  { cookie: `token=${'x'.repeat(4_000)}` },
  { authorization: 'Bearer' },
  { authorization: 'Bearer a.b.c' },
  { authorization: `Basic ${'QQ'.repeat(500)}==` },
  { origin: 'null' },
  { origin: 'http://[::1' },
  { 'x-forwarded-for': '::ffff:999.1.1.1, %, ' },
  { 'x-forwarded-proto': 'javascript' },
  { 'x-forwarded-host': 'a b' },
  { traceparent: '00-zz-zz-01' },
  { traceparent: `00-${'f'.repeat(32)}-${'f'.repeat(16)}-ff` },
  { baggage: 'a=b,'.repeat(500) },
];

/** The requests of a seed by number, independent of replies. */
export class Plan {
  private readonly values = new Map<Shape, Arbitrary<unknown>>();

  constructor(
    readonly seed: number,
    private readonly routes: readonly FuzzedRoute[],
    private readonly ids: Ids,
  ) {}

  /** Each role calls every route, in turn. */
  request(index: number): PlannedRequest {
    const random = new Random(this.seed * 1_000_003 + index);
    const route = this.routes[index % this.routes.length] as FuzzedRoute;
    const role = ROLES[Math.floor(index / this.routes.length) % ROLES.length] as Role;
    const bad = random.chance(0.55);
    const headers: Record<string, string> = random.chance(0.15) ? { ...random.pick(HEADERS) } : {};
    const path = this.address(route, random, bad && random.chance(0.3));
    const planned = {
      index,
      name: `${route.method} ${route.path} (${role})`,
      role,
      method: route.method,
      path,
      headers,
    };
    if (route.method === 'GET') return planned;
    const { what, body, type } = this.body(route, random, bad);
    if (type !== undefined) headers['content-type'] ??= type;
    return { ...planned, name: `${planned.name}${what}`, ...(body === undefined ? {} : { body }) };
  }

  private address({ path, params, query }: FuzzedRoute, random: Random, bad: boolean): string {
    const inPath = params && (this.sample(params, random, false) as Record<string, unknown>);
    const filled = path.replaceAll(/:([a-z_]+)/g, (_, name: string) => {
      const value = bad ? random.pick(NASTY) : inPath?.[name];
      return escaped(value ?? random.pick(this.ids.known)).slice(0, 6_000) || '%20';
    });
    if (query === undefined) return bad ? `${filled}?%00=%zz&a[b]=c&${'x&'.repeat(500)}` : filled;
    const values = this.sample(query, random, bad);
    const pairs =
      typeof values === 'object' && values !== null
        ? Object.entries(values).map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
        : [];
    if (bad) pairs.push(...pairs.slice(0, 1), 'page=-1', 'page=1e309');
    return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`.slice(0, 12_000);
  }

  private body(
    route: FuzzedRoute,
    random: Random,
    bad: boolean,
  ): { what: string; body?: string | Buffer; type?: string } {
    if (route.upload) return upload(random, bad);
    const kind = random.next();
    if (kind < 0.03) {
      const what = random.pick(Object.keys(LARGE_BODIES));
      return { what: ` with ${what}`, body: LARGE_BODIES[what]?.(), type: JSON_TYPE };
    }
    if (bad && kind < 0.2) return { what: ' with a raw body', body: random.pick(RAW_BODIES), type: JSON_TYPE };
    if (route.body === undefined) return { what: '' };
    return { what: bad ? ' broken' : '', body: JSON.stringify(this.sample(route.body, random, bad)), type: JSON_TYPE };
  }

  private sample(shape: Shape, random: Random, bad: boolean): unknown {
    let good = this.values.get(shape);
    if (good === undefined) this.values.set(shape, (good = fitting(shape, this.ids)));
    return fc.sample(bad ? broken(good) : good, { seed: random.below(2 ** 31), numRuns: 1 })[0];
  }
}

function escaped(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  // A lone surrogate has no encoding.
  return encodeURIComponent(Buffer.from(text).toString());
}
