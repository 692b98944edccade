/** The simulator's behaviour for a model id. */
export interface Behaviour {
  /** `-t300`: tokens of a whole answer. Default 60. */
  tokens: number;
  /** `-r30`: tokens in a second. Default 30. */
  rate: number;
  /** `-c4`: tokens in one chunk. Default 1. */
  perChunk: number;
  /** `-d500`: milliseconds before the first chunk (a prompt being read). Default 0. */
  delayMs: number;
  /** `-x`: text that is a pure function of model, prompt and position, instead of time stamps. */
  deterministic: boolean;
  /** `-md`: Markdown of every kind, instead of time stamps. */
  markdown: boolean;
  /** `-nocont`: a trailing assistant message is not continued, the answer begins again. */
  continues: boolean;
  /** `-reason10`: the first tokens are reasoning. */
  reasoningTokens: number;
  fault?: Fault;
  /** `-asgzip`: the habit of a server that calls itself compatible, by a name of `HABITS`. */
  habit?: string;
}

/**
 * Faults, by suffix of the model id or by `POST /sim/faults`. Those with `after` happen once that many tokens have been
 * sent by this request.
 */
export type Fault =
  /** `-e429`, `-e500`, …: an error answer; 429 carries `Retry-After` (`-e429-after7`, default 1). */
  | { kind: 'status'; status: number; retryAfter?: number }
  /** `-cut20`: the connection is torn down. */
  | { kind: 'cut'; after: number }
  /** `-trunc20`: the response ends cleanly, but without a finish reason and without `[DONE]`. */
  | { kind: 'truncate'; after: number }
  /** `-stall20`: silence, for ever or for `-pause5000` milliseconds. */
  | { kind: 'stall'; after: number; pauseMs?: number }
  /** `-bad20`: a chunk that is not JSON. */
  | { kind: 'malformed'; after: number }
  /** `-err20`: an error object inside the stream. */
  | { kind: 'error'; after: number }
  /** `-nodone`: the answer is complete, `[DONE]` is missing (OpenAI only). */
  | { kind: 'nodone' }
  /** `-down`: the connection is closed before anything is answered. */
  | { kind: 'down' };

/** Parses a model id such as `sim-t300-r30-c1-d500-x-cut20`; missing parts have their defaults. */
export function parseModel(model: string): Behaviour {
  const number = (name: string): number | undefined => {
    const found = new RegExp(`-${name}(\\d+)(?=-|$|:)`).exec(model);
    return found ? Number(found[1]) : undefined;
  };
  const has = (name: string): boolean => new RegExp(`-${name}(?=-|$|:)`).test(model);
  return {
    tokens: number('t') ?? 60,
    rate: Math.max(0.001, number('r') ?? 30),
    perChunk: Math.max(1, number('c') ?? 1),
    delayMs: number('d') ?? 0,
    deterministic: has('x'),
    markdown: has('md'),
    continues: !has('nocont'),
    reasoningTokens: number('reason') ?? 0,
    fault: parseFault(number, has),
    habit: /-as([a-z0-9]+)(?=-|$|:)/.exec(model)?.[1],
  };
}

function parseFault(number: (name: string) => number | undefined, has: (name: string) => boolean): Fault | undefined {
  const status = number('e');
  if (status !== undefined) return { kind: 'status', status, retryAfter: number('after') };
  const cut = number('cut');
  if (cut !== undefined) return { kind: 'cut', after: cut };
  const truncate = number('trunc');
  if (truncate !== undefined) return { kind: 'truncate', after: truncate };
  const stall = number('stall');
  if (stall !== undefined) return { kind: 'stall', after: stall, pauseMs: number('pause') };
  const malformed = number('bad');
  if (malformed !== undefined) return { kind: 'malformed', after: malformed };
  const error = number('err');
  if (error !== undefined) return { kind: 'error', after: error };
  if (has('nodone')) return { kind: 'nodone' };
  if (has('down')) return { kind: 'down' };
  return undefined;
}
