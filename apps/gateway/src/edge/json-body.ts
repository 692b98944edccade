import type { FastifyInstance } from 'fastify';
import { Problem } from './problem';

/** Nobody's request is nested deeper; what is would overflow the stack of whoever writes it as JSON again. */
export const MAX_NESTING = 200;

/** An escape that a database cannot store (NUL, half a surrogate pair) may be in the text. */
const SUSPECT = /\\u(?:0000|d[89a-f])/i;
/** Every escape, whole surrogate pairs first, so that an escaped backslash is never taken for the beginning of another. */
const ESCAPES =
  /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\u0000|\\[^]/g;

/**
 * Parses JSON bodies: without the keys that reach an object's prototype, not nested beyond reason, NUL left out and half surrogate pairs
 * replaced. Clients send the JSON header also when there is no body: that is no body, not a malformed one.
 */
export function parseJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body as string;
    if (text.length === 0) done(null, undefined);
    else if (isNestedBeyond(text, MAX_NESTING))
      done(new Problem(400, `The body is nested too deeply: ${MAX_NESTING} levels are allowed.`));
    else parse(request, storable(text), done);
  });
}

/** JSON whose strings a database can store. */
export function storable(json: string): string {
  if (!SUSPECT.test(json)) return json;
  return json.replace(ESCAPES, (escape) => {
    if (escape === '\\u0000') return '';
    return escape.length === 6 ? '\\ufffd' : escape;
  });
}

/** Whether arrays and objects are nested deeper than `limit`; one pass, without parsing. */
export function isNestedBeyond(json: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === 0x22 /* " */) {
      at = endOfString(json, at);
    } else if (code === 0x5b /* [ */ || code === 0x7b /* { */) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 0x5d /* ] */ || code === 0x7d /* } */) {
      depth -= 1;
    }
  }
  return false;
}

/** Place of the quote that ends the string which begins at `start`; the text's end when there is none. */
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
