import { LRUCache } from 'lru-cache';
import type { ProviderError } from './errors';

/** What one model of one server does not take. */
interface Refusals {
  /** Fields that are left out. */
  omitted: ReadonlySet<string>;
  /** Fields that go by another name. */
  renamed: ReadonlyMap<string, string>;
}

const NOTHING: Refusals = { omitted: new Set(), renamed: new Map() };

/** Fields without which an answer is still the answer that was asked for. */
const DISPENSABLE = ['stream_options', 'temperature', 'top_p', 'presence_penalty', 'frequency_penalty'];
/** Two names of one thing: which of them a server wants depends on its age. */
const ALIASES = [
  ['max_tokens', 'max_completion_tokens'],
  ['max_completion_tokens', 'max_tokens'],
] as const;
/** That the field is refused, not its value ("temperature must be at most 2"), of which the asker has to hear. */
const REFUSES_FIELD =
  /unsupported|not support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|forbidden|extra (input|field|propert)|additional propert|deprecated|only the default/i;

/** By server and model. Forgotten after an hour: servers are replaced by newer ones under the same address. */
const learned = new LRUCache<string, Refusals>({ max: 1_000, ttl: 60 * 60_000 });

/**
 * What a model of a server has refused, learned from its refusals: only the first answer pays for them. For the whole process, since
 * providers are made per call.
 */
export class LearnedRefusals {
  private readonly key: string;

  constructor(address: string, model: string) {
    this.key = `${address} ${model}`;
  }

  /** Whether this field is left out. */
  omits(field: string): boolean {
    return this.refusals.omitted.has(field);
  }

  /** The body without what is refused. */
  adapt(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const { omitted, renamed } = this.refusals;
    if (omitted.size === 0 && renamed.size === 0) return { ...body };
    const adapted: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(body)) {
      if (omitted.has(name)) continue;
      const field = renamed.get(name) ?? name;
      if (!(field in adapted) || field === name) adapted[field] = value;
    }
    return adapted;
  }

  /**
   * Learns from a failed request.
   * @param body what was sent
   * @returns whether the next request will be another one, so that asking again makes sense
   */
  learn(error: ProviderError, body: Readonly<Record<string, unknown>>): boolean {
    if (error.status !== 400 && error.status !== 422) return false;
    const { message } = error;
    const { omitted, renamed } = this.refusals;
    const alias = ALIASES.find(
      ([from, to]) => body[from] !== undefined && !renamed.has(to) && prefers(message, from, to),
    );
    if (alias) return this.keep({ omitted, renamed: new Map([...renamed, alias]) });
    const field = DISPENSABLE.find((name) => body[name] !== undefined && names(message, name));
    // Nobody asked for usage at that price; a sampling parameter was asked for.
    if (field !== 'stream_options' && !REFUSES_FIELD.test(message)) return false;
    return field !== undefined && this.keep({ omitted: new Set([...omitted, field]), renamed });
  }

  private get refusals(): Refusals {
    return learned.get(this.key) ?? NOTHING;
  }

  private keep(refusals: Refusals): true {
    learned.set(this.key, refusals);
    return true;
  }
}

/** Whether the message refuses one name and, or by doing so, asks for the other. */
function prefers(message: string, refused: string, wanted: string): boolean {
  if (!names(message, refused)) return false;
  if (!names(message, wanted)) return REFUSES_FIELD.test(message);
  return /instead|use/i.test(message) && message.search(wordOf(refused)) < message.search(wordOf(wanted));
}

function names(message: string, field: string): boolean {
  return wordOf(field).test(message);
}

function wordOf(field: string): RegExp {
  return new RegExp(`(?<![\\w])${field}(?![\\w])`);
}
