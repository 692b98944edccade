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
 * One request to a model, without what the model has refused. What it refuses is learned from its errors, and kept for the whole process
 * once a request without it was answered: an error that was misread costs its own request one more try, and no other request a field.
 */
export class LearnedRefusals {
  private readonly key: string;
  private refusals: Refusals;
  /** Something in `refusals` was learned by this request. */
  private unconfirmed = false;
  private sent: Readonly<Record<string, unknown>> = {};

  constructor(address: string, model: string) {
    this.key = `${address} ${model}`;
    this.refusals = learned.get(this.key) ?? NOTHING;
  }

  /** Whether this field is left out. */
  omits(field: string): boolean {
    return this.refusals.omitted.has(field);
  }

  /** The body without what is refused, to be sent next. */
  adapt(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const { omitted, renamed } = this.refusals;
    if (omitted.size === 0 && renamed.size === 0) return (this.sent = body);
    const adapted: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(body)) {
      if (omitted.has(name)) continue;
      const field = renamed.get(name) ?? name;
      if (!(field in adapted) || field === name) adapted[field] = value;
    }
    return (this.sent = adapted);
  }

  /**
   * Learns from the failure of what was sent last.
   * @returns whether the next body will be another one, so that asking again makes sense
   */
  learn(error: ProviderError): boolean {
    const body = this.sent;
    if (error.status !== 400 && error.status !== 422) return false;
    const { message } = error;
    const { omitted, renamed } = this.refusals;
    const alias = ALIASES.find(
      ([from, to]) => body[from] !== undefined && !renamed.has(to) && prefers(message, from, to),
    );
    if (alias) return this.tryWith({ omitted, renamed: new Map([...renamed, alias]) });
    const field = DISPENSABLE.find((name) => body[name] !== undefined && names(message, name));
    // Nobody asked for usage at that price; a sampling parameter was asked for.
    if (field !== 'stream_options' && !REFUSES_FIELD.test(message)) return false;
    return field !== undefined && this.tryWith({ omitted: new Set([...omitted, field]), renamed });
  }

  /** What was sent last is being answered: what it was sent without is remembered. */
  confirm(): void {
    if (this.unconfirmed) learned.set(this.key, this.refusals);
    this.unconfirmed = false;
  }

  private tryWith(refusals: Refusals): true {
    this.refusals = refusals;
    return (this.unconfirmed = true);
  }
}

/** Whether the message refuses one name and, or by doing so, asks for the other. */
function prefers(message: string, refused: string, wanted: string): boolean {
  if (!names(message, refused)) return false;
  if (!names(message, wanted)) return REFUSES_FIELD.test(message);
  return (
    /instead|use/i.test(message) && message.search(toWordDocument(refused)) < message.search(toWordDocument(wanted))
  );
}

function names(message: string, field: string): boolean {
  return toWordDocument(field).test(message);
}

function toWordDocument(field: string): RegExp {
  return new RegExp(`(?<![\\w])${field}(?![\\w])`);
}
