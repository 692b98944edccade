import { describe, expect, it } from 'vitest';
import { languageOf } from './language';
import { piecesOf, Speaker, type Voice } from './speaker';

/** A voice that says a part when it is told to. */
class SlowVoice implements Voice {
  readonly said: string[] = [];
  hushed = 0;
  private ends: ((error?: Error) => void)[] = [];

  say(text: string, language: string): Promise<void> {
    this.said.push(`${language}: ${text}`);
    return new Promise((resolve, reject) => this.ends.push((error) => (error ? reject(error) : resolve())));
  }

  hush(): void {
    this.hushed += 1;
    this.end(new Error('Interrupted.'));
  }

  end(error?: Error): void {
    this.ends.shift()?.(error);
  }
}

describe('reading aloud', () => {
  it('says part after part, in the language of the text, and is over at the end', async () => {
    const voice = new SlowVoice();
    const speaker = new Speaker(voice);
    const reading = speaker.read('a', ['Der Reiher ist nicht weit.', 'Er wartet auf die Fische.'], 'en');
    expect(speaker.reading.get()).toBe('a');
    voice.end();
    await Promise.resolve();
    await Promise.resolve();
    voice.end();
    await reading;
    expect(voice.said).toEqual(['de: Der Reiher ist nicht weit.', 'de: Er wartet auf die Fische.']);
    expect([speaker.reading.get(), voice.hushed]).toEqual([undefined, 0]);
  });

  it('reads one at a time, and stops when it is told to', async () => {
    const voice = new SlowVoice();
    const speaker = new Speaker(voice);
    const first = speaker.read('a', ['One', 'Two'], 'en');
    const second = speaker.read('b', ['Three'], 'en');
    await first;
    expect([speaker.reading.get(), voice.hushed]).toEqual(['b', 1]);
    speaker.stop();
    await second;
    speaker.stop();
    expect([speaker.reading.get(), voice.hushed, voice.said]).toEqual([undefined, 2, ['en: One', 'en: Three']]);
  });

  it('tells when the browser cannot say it', async () => {
    const voice = new SlowVoice();
    const speaker = new Speaker(voice);
    const reading = speaker.read('a', ['One'], 'en');
    voice.end(new Error('No such voice.'));
    await expect(reading).rejects.toThrow('No such voice.');
    expect(speaker.reading.get()).toBeUndefined();
  });

  it('cuts a long text between sentences, and a long sentence between words', () => {
    const sentences = Array.from({ length: 20 }, (_, at) => `This is sentence ${at}.`).join(' ');
    const pieces = piecesOf(sentences, 'en');
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join(' ')).toBe(sentences);
    expect(pieces.every((piece) => piece.length <= 240 && piece.endsWith('.'))).toBe(true);
    const endless = piecesOf('word '.repeat(200), 'en');
    expect(endless.join(' ')).toBe('word '.repeat(200).trim());
    expect(piecesOf('字'.repeat(1_000), 'zh').join('')).toBe('字'.repeat(1_000));
  });

  it.each([
    ['The heron is not far and it waits for the fish.', 'en'],
    ['Le héron est dans la rivière et attend les poissons.', 'fr'],
    ['La garza está en el río y espera los peces con calma.', 'es'],
    ['مالك الحزين لا يبتعد كثيرا', 'ar'],
    ['サギは魚を待っている', 'ja'],
    ['苍鹭在等鱼', 'zh'],
    ['Heron 42', 'de'],
  ])('knows what language a text is in: %s', (text, language) => expect(languageOf(text, 'de')).toBe(language));
});
