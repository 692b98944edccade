import { Store } from '../../../state/store';
import { languageOf } from './language';

/** What the browser does with one part of a text. */
export interface Voice {
  /** @returns when it has been said; rejects when it cannot be */
  say(text: string, language: string): Promise<void>;
  /** Ends at once what is being said. */
  hush(): void;
}

/** Some voices break off after a quarter of a minute: nothing longer is said at once. */
const LONGEST = 240;

/** Reads one message at a time. */
export class Speaker {
  /** The message that is being read. */
  readonly reading = new Store<string | undefined>(undefined);
  private turn = 0;

  constructor(private readonly voice: Voice) {}

  /** Reads a message in the place of another one. @param otherwise the language of a text that does not tell it */
  async read(messageId: string, parts: readonly string[], otherwise: string): Promise<void> {
    this.stop();
    const turn = this.turn;
    const language = languageOf(parts.join(' '), otherwise);
    this.reading.set(messageId);
    try {
      for (const part of parts.flatMap((part) => piecesOf(part, language))) {
        await this.voice.say(part, language);
        if (turn !== this.turn) return;
      }
    } catch (error) {
      if (turn === this.turn) throw error;
    } finally {
      if (turn === this.turn) this.reading.set(undefined);
    }
  }

  stop(): void {
    this.turn += 1;
    if (this.reading.get() === undefined) return;
    this.reading.set(undefined);
    this.voice.hush();
  }
}

/** A text in pieces that are not too long, cut between sentences, or between words where a sentence is too long. */
export function piecesOf(text: string, language: string): string[] {
  const pieces: string[] = [];
  for (const { segment } of new Intl.Segmenter(language, { granularity: 'sentence' }).segment(text)) {
    for (const some of segment.length > LONGEST ? (segment.match(/.{1,239}(?:\s|$)|.{1,240}/gsu) ?? []) : [segment]) {
      const last = pieces.length - 1;
      if (last >= 0 && pieces[last]!.length + some.length <= LONGEST) pieces[last] += some;
      else pieces.push(some);
    }
  }
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
}
