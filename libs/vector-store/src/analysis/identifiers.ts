/** Longer ones are base64 and similar. */
const MAX_LENGTH = 64;
/** Limits the cost of one text. */
const MAX_FOUND = 2_000;

/** Runs of letters and digits with a mark between: `XK-4711-B`, `/etc/limits.conf`, `pool.max_size`. */
// No match begins within a run: a long one without marks would be read once for each of its characters.
const MARKED = /(?<![a-z0-9])[a-z0-9]+(?:[-_.+#:/@]{1,2}[a-z0-9]+)+/gi;
/** From the widest: an address or a path has names with dots, and these have names with hyphens. */
const LEVELS = [/[:/@]+/, /\.+/, /[-_+#]+/];
/** Places within a run where a word of its own begins: `parseDate`, `EN50310`. */
const WITHIN = /[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+|[0-9]+/g;
const MIXED = /\b(?:[a-z]+[A-Z]|[A-Za-z]+[0-9]|[0-9]+[A-Za-z])[A-Za-z0-9]*/g;
/** Shorter parts of a run are found everywhere. */
const MIN_PART = 3;

/**
 * Further words of names, codes and numbers, so that they are found exactly, in each spelling: joined without their marks (`xk4711b`), at each
 * level (`limitsconf`), and the parts of what is written in one (`parse`, `date`, `50310`). Only ASCII: no other script writes them so.
 */
export function identifierWords(text: string): string[] {
  const found = new Set<string>();
  for (const [match] of text.matchAll(MARKED)) {
    addJoined(match, 0, found);
    if (found.size >= MAX_FOUND) return [...found];
  }
  for (const [match] of text.matchAll(MIXED)) {
    if (found.size >= MAX_FOUND) break;
    if (match.length > MAX_LENGTH) continue;
    for (const [part] of match.matchAll(WITHIN))
      if (part.length >= MIN_PART && part.length < match.length) found.add(part.toLowerCase());
  }
  return [...found];
}

function addJoined(name: string, level: number, found: Set<string>): void {
  const mark = LEVELS[level];
  if (mark === undefined) return;
  const parts = name.split(mark);
  // A path is found by the names in it, so it needs no word for the whole.
  if (level > 0 && parts.length > 1) {
    const joined = name.replace(/[^a-z0-9]/gi, '').toLowerCase();
    if (joined.length <= MAX_LENGTH) found.add(joined);
  }
  for (const part of parts) {
    // One name may be as long as the text.
    if (found.size >= MAX_FOUND) return;
    addJoined(part, level + 1, found);
  }
}
