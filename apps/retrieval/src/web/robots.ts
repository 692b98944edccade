import { ROBOT } from './web-client';

/** Longer files are read up to here (RFC 9309 asks for at least 500 KiB). */
export const MAX_ROBOTS_BYTES = 512 * 1_024;
const MAX_RULES = 5_000;
/** The robots whose rules are kept: a file may name thousands, each of whom would get every rule. */
const OURS = new Set([ROBOT.toLowerCase(), '*']);
/** A server may not slow us down for ever. */
const MAX_DELAY_MS = 10_000;

interface Rule {
  allow: boolean;
  pattern: string;
}

/** What a `robots.txt` (RFC 9309) allows us. */
export class Robots {
  private constructor(
    private readonly rules: readonly Rule[],
    /** Pause between two requests that it asks for. */
    readonly delayMs: number,
  ) {}

  /** No file: everything is allowed. */
  static readonly open = new Robots([], 0);

  static parse(text: string): Robots {
    const groups = new Map<string, { rules: Rule[]; delayMs: number }>();
    const agents = new Set<string>();
    let inRules = false;
    let count = 0;
    for (const line of text.split(/\r\n?|\n/)) {
      const [, field = '', value = ''] = /^\s*([A-Za-z-]+)\s*:\s*([^#]*)/.exec(line) ?? [];
      const name = field.toLowerCase();
      const content = value.trim();
      if (name === 'user-agent') {
        if (inRules) agents.clear();
        inRules = false;
        const agent = content.toLowerCase();
        if (OURS.has(agent)) agents.add(agent);
        continue;
      }
      if (!['allow', 'disallow', 'crawl-delay'].includes(name)) continue;
      inRules = true;
      if ((count += 1) > MAX_RULES) break;
      for (const agent of agents) {
        const group = groups.get(agent) ?? { rules: [], delayMs: 0 };
        groups.set(agent, group);
        if (name === 'crawl-delay') group.delayMs = toDelay(content);
        // An empty rule allows everything, as none does.
        else if (content !== '') group.rules.push({ allow: name === 'allow', pattern: content });
      }
    }
    const group = groups.get(ROBOT.toLowerCase()) ?? groups.get('*');
    return group ? new Robots(group.rules, group.delayMs) : Robots.open;
  }

  /** The longest rule that matches decides; of two equally long ones, that which allows. */
  allows({ pathname, search }: URL): boolean {
    const path = pathname + search;
    let best: Rule = { allow: true, pattern: '' };
    for (const rule of this.rules) {
      const { length } = rule.pattern;
      if (length < best.pattern.length || (length === best.pattern.length && !rule.allow)) continue;
      if (matches(rule.pattern, path)) best = rule;
    }
    return best.allow;
  }
}

function toDelay(seconds: string): number {
  const delay = Number(seconds) * 1_000;
  return Number.isFinite(delay) ? Math.min(Math.max(delay, 0), MAX_DELAY_MS) : 0;
}

/** `*` stands for any text, `$` at the end for the end. In linear time: a pattern of a stranger is no regular expression of ours. */
function matches(pattern: string, path: string): boolean {
  const anchored = pattern.endsWith('$');
  const [head = '', ...parts] = (anchored ? pattern.slice(0, -1) : pattern).split('*');
  if (!path.startsWith(head)) return false;
  let at = head.length;
  for (const [index, part] of parts.entries()) {
    if (anchored && index === parts.length - 1) return path.length - part.length >= at && path.endsWith(part);
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return !anchored || at === path.length;
}
