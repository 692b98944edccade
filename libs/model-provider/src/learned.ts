import { LRUCache } from 'lru-cache';
import type { ProviderError } from './errors';

/** Fields that one model of one server refuses. */
interface Refusals {
  /** Omitted fields. */
  omitted: ReadonlySet<string>;
  /** Fields that are sent under another name. */
  renamed: ReadonlyMap<string, string>;
}

const NOTHING: Refusals = { omitted: new Set(), renamed: new Map() };

/** Optional fields: the answer without them is still what the user asked for. */
const DISPENSABLE = ['stream_options', 'temperature', 'top_p', 'presence_penalty', 'frequency_penalty'];
/** Two names of one field: which one a server accepts depends on its age. */
const ALIASES = [
  ['max_tokens', 'max_completion_tokens'],
  ['max_completion_tokens', 'max_tokens'],
] as const;
/** Matches a refusal of the field, not of its value ("temperature must be at most 2"), which the user must see. */
const REFUSES_FIELD =
  /unsupported|not support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|forbidden|extra (input|field|propert)|additional propert|deprecated|only the default/i;

/** By server and model. Expires after an hour: a server may be upgraded under the same address. */
const learned = new LRUCache<string, Refusals>({ max: 1_000, ttl: 60 * 60_000 });

/**
 * One request to a model, without refused fields. Refusals are learned from errors, and remembered for the whole process once a request
 * without the field was answered: a misread error costs its own request one more attempt, and does not affect others.
 */
export class LearnedRefusals {
  private readonly key: string;
  private refusals: Refusals;
  /** This request has learned a refusal. */
  private unconfirmed = false;
  private sent: Readonly<Record<string, unknown>> = {};

  constructor(address: string, model: string) {
    this.key = `${address} ${model}`;
    this.refusals = learned.get(this.key) ?? NOTHING;
  }

  /** Whether this field is omitted. */
  omits(field: string): boolean {
    return this.refusals.omitted.has(field);
  }

  /** The next body, without refused fields. */
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
   * Learns from the failure of the last body.
   *
   * @returns whether the next body differs, so that a retry makes sense
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
    // Usage is optional for us; a sampling parameter was the user's choice.
    if (field !== 'stream_options' && !REFUSES_FIELD.test(message)) return false;
    return field !== undefined && this.tryWith({ omitted: new Set([...omitted, field]), renamed });
  }

  /** The last body is being answered: its omissions are remembered. */
  confirm(): void {
    if (this.unconfirmed) learned.set(this.key, this.refusals);
    this.unconfirmed = false;
  }

  private tryWith(refusals: Refusals): true {
    this.refusals = refusals;
    return (this.unconfirmed = true);
  }
}

/** Whether the message refuses one name and asks for the other. */
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
