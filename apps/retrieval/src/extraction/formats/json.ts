import { decoded, tellEncoding } from '../encoding';
import type { FormatReader, Fragment, Reading } from '../reading';

/** JSON as it is, with decoded escapes, and without embedded files (long runs of base64). */
export const readJson: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const encoding = await tellEncoding(reading.path, reading.head);
  reading.summary.encoding = encoding.label;
  const text = new JsonText();
  for await (const piece of decoded(reading.path, encoding)) yield { text: text.push(piece), markup: 'plain' };
  yield { text: text.end(), markup: 'plain' };
};

/** Longer than any word, key or hash. */
const LONGEST_RUN = 1_024;
/** Characters of base64. Some writers escape its slashes. */
const RUN = String.raw`(?:[A-Za-z0-9+/_=-]|\\/)`;
/**
 * A whole escape with its code, the beginning of one, any other escape, or a run, which may continue with an incomplete slash.
 */
const TOKEN = new RegExp(String.raw`\\u([0-9A-Fa-f]{4})|\\u[0-9A-Fa-f]{0,3}|\\[^u/]|\\$|${RUN}+(?:\\$)?`, 'gs');
const RUN_BEFORE = new RegExp(`^${RUN}*`);

/** Rewrites JSON piece by piece, independent of the cuts. */
export class JsonText {
  /** A token that may continue in the next piece. */
  private rest = '';
  /** Within a run that is left out. */
  private skipping = false;

  push(piece: string): string {
    return this.rewritten(this.rest + piece, false);
  }

  end(): string {
    return this.rewritten(this.rest, true);
  }

  private rewritten(whole: string, last: boolean): string {
    const text = this.skipping ? whole.replace(RUN_BEFORE, '') : whole;
    this.skipping &&= text === '' || text === '\\';
    this.rest = this.skipping ? text : '';
    if (this.skipping && !last) return '';
    return text.replace(TOKEN, (token: string, code: string | undefined, at: number) => {
      const goesOn = !last && at + token.length === text.length;
      const begun = goesOn && token.endsWith('\\') ? '\\' : '';
      if (token.length - begun.length >= LONGEST_RUN) {
        this.skipping = goesOn;
        this.rest = begun;
        return '…';
      }
      if (goesOn) {
        this.rest = token;
        return '';
      }
      return code === undefined ? token.replaceAll('\\/', '/') : character(code, token);
    });
  }
}

/** A quote or a control character would end its string, so it stays escaped. */
function character(code: string, escape: string): string {
  const meant = String.fromCharCode(parseInt(code, 16));
  return meant < ' ' || meant === '"' || meant === '\\' ? escape : meant;
}
