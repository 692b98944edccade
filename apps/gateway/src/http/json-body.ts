import { MAX_ENTRIES } from '@perennial/contracts-kernel';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../problem';

/** Structural limits of a body, for any schema; beyond them nothing is parsed. */
export interface JsonLimits {
  /** Nesting levels; deeper ones would overflow the stack when they are serialised again. */
  depth: number;
  /** Entries of one list or object. */
  entries: number;
  /** Entries of all lists and objects together. */
  total: number;
}

/** A chat of 10,000 messages with all their fields fits. */
export const BODY_LIMITS: JsonLimits = { depth: 200, entries: MAX_ENTRIES, total: 500_000 };

/** The text may have an escape that a database cannot store (NUL, half a surrogate pair). */
const SUSPECT = /\\u(?:0000|d[89a-f])/i;
/**
 * Parses JSON bodies: without the keys that reach an object's prototype, within `BODY_LIMITS`, without NUL and lone surrogates. Clients send
 * the JSON header even without a body: that is an empty body, not a malformed one.
 */
export function parseJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body as string;
    if (text.length === 0) return done(null, undefined);
    const excess = excessOf(text, BODY_LIMITS);
    if (excess === undefined) parse(request, storable(text), done);
    else done(new Problem(400, `The body holds too much: at most ${excess} are allowed.`));
  });
}

/** JSON whose strings a database can store. */
export function storable(json: string): string {
  if (!SUSPECT.test(json)) return json;
  let kept = '';
  let from = 0;
  for (let at = json.indexOf('\\'); at !== -1; at = json.indexOf('\\', at)) {
    const code = escapedAt(json, at);
    if (isHighSurrogate(code) && isLowSurrogate(escapedAt(json, at + 6))) {
      at += 12;
    } else if (code === 0 || isHighSurrogate(code) || isLowSurrogate(code)) {
      kept += json.slice(from, at) + (code === 0 ? '' : '\\ufffd');
      at += 6;
      from = at;
    } else {
      // An escaped backslash does not begin another escape.
      at += 2;
    }
  }
  return kept + json.slice(from);
}

/** The UTF-16 unit of the escape `\uXXXX` at this place; NaN when there is none. */
function escapedAt(json: string, at: number): number {
  const isEscape = json.charCodeAt(at) === 0x5c && json.charCodeAt(at + 1) === 0x75; /* \u */
  return isEscape ? Number.parseInt(json.slice(at + 2, at + 6), 16) : NaN;
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code < 0xe000;

/**
 * The first limit that a JSON text exceeds, in words; one pass, without parsing. Malformed JSON may be counted wrongly; the parser refuses it
 * afterwards.
 */
export function excessOf(json: string, { depth, entries, total }: JsonLimits): string | undefined {
  /** Commas so far in each list or object that is open. */
  const commas: number[] = [];
  let level = 0;
  let counted = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === 0x22 /* " */) {
      at = endOfString(json, at);
    } else if (code === 0x5b /* [ */ || code === 0x7b /* { */) {
      level += 1;
      if (level > depth) return `${depth} levels of lists and objects`;
      commas[level] = 0;
      counted += 1;
    } else if (code === 0x5d /* ] */ || code === 0x7d /* } */) {
      level -= 1;
    } else if (code === 0x2c /* , */) {
      const before = (commas[level] = (commas[level] ?? 0) + 1);
      if (before >= entries) return `${entries} entries of one list or object`;
      counted += 1;
    }
    if (counted > total) return `${total} values`;
  }
  return undefined;
}

/** Index of the quote that ends the string which begins at `start`; the text's end if there is none. */
function endOfString(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1);
  while (quote !== -1) {
    let backslashes = 0;
    while (json.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    quote = json.indexOf('"', quote + 1);
  }
  return json.length;
}
