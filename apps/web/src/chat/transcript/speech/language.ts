/** A language for each script that is written in one, more or less. */
const SCRIPTS: readonly (readonly [script: RegExp, language: string])[] = [
  [/[\u3040-\u30ff]/g, 'ja'],
  [/\p{Script=Hangul}/gu, 'ko'],
  [/\p{Script=Han}/gu, 'zh'],
  [/\p{Script=Arabic}/gu, 'ar'],
  [/\p{Script=Hebrew}/gu, 'he'],
  [/\p{Script=Cyrillic}/gu, 'ru'],
  [/\p{Script=Greek}/gu, 'el'],
  [/\p{Script=Devanagari}/gu, 'hi'],
  [/\p{Script=Thai}/gu, 'th'],
];

/** Short words that are frequent in one language and rare in the others. */
const WORDS: Readonly<Record<string, string>> = {
  en: 'the and of to is that it for with are this you be have not',
  de: 'der die und das ist nicht ein eine mit auf für sich den dem sie',
  fr: 'le la les des et est une dans que pour qui pas sur au avec',
  es: 'el los las que y es una en por para con del como más su',
  it: 'il di che è una per non con del sono gli della anche più nel',
  pt: 'o os que é uma em não com do da para mais como ao dos',
  nl: 'de het een en van is dat niet met op voor zijn aan ook maar',
};

/** As much of a text as is looked at. */
const SEEN = 4_000;

/** The language that a text is in, as far as its letters and short words tell; else the other one. */
export function languageOf(text: string, otherwise: string): string {
  const seen = text.slice(0, SEEN);
  const letters = seen.match(/\p{L}/gu)?.length ?? 0;
  for (const [script, language] of SCRIPTS)
    if ((seen.match(script)?.length ?? 0) * (language === 'ja' ? 6 : 2) > letters) return language;
  const words = seen.toLowerCase().match(/\p{L}+/gu) ?? [];
  const counts = Object.entries(WORDS).map(([language, known]) => {
    const frequent = new Set(known.split(' '));
    return [language, words.filter((word) => frequent.has(word)).length] as const;
  });
  const [best, second] = counts.sort(([, one], [, other]) => other - one);
  return best && second && best[1] > second[1] ? best[0] : otherwise;
}
