import { answers, type CitedPlace, isAt, JUDGED_QUESTIONS, type JudgedQuestion } from './judged';

/** A passage that a search may find. */
export interface Passage {
  text: string;
  at: CitedPlace;
}

/** How many questions of a set were answered. */
export interface Judgement {
  questions: number;
  /** Share of the questions whose answer is in one of the first five passages. */
  hit: number;
  /** Share of the questions for which such a passage is cited where the answer stands. */
  cited: number;
  /** Questions without a hit, and hits cited elsewhere. */
  missed: string[];
}

const FOUND = 5;

/** Judges a search on one half of the questions, or on all. `found` returns passages, the best first. */
export async function judge(
  half: JudgedQuestion['half'] | 'all',
  found: (question: string) => Promise<readonly Passage[]> | readonly Passage[],
): Promise<Judgement> {
  const asked = JUDGED_QUESTIONS.filter((question) => half === 'all' || question.half === half);
  const missed: string[] = [];
  let [hits, cited] = [0, 0];
  for (const question of asked) {
    const first = (await found(question.question)).slice(0, FOUND);
    const holding = first.filter(({ text, at }) => at.document === question.document && answers(question, text));
    if (holding.length > 0) hits += 1;
    if (holding.some(({ at }) => isAt(question, at))) cited += 1;
    else missed.push(`${holding.length > 0 ? 'elsewhere' : 'no hit'}: ${question.document}: ${question.question}`);
  }
  return { questions: asked.length, hit: share(hits, asked.length), cited: share(cited, asked.length), missed };
}

const share = (part: number, whole: number): number => Number((part / whole).toFixed(3));

const WORD = /[\p{Script=Han}]|[\p{L}\p{N}]+(?:[.,-][\p{L}\p{N}]+)*/gu;
const HAN = /\p{Script=Han}/u;

/** Words in lower case without the endings of plurals, and pairs of Chinese characters. */
function termsOf(text: string): string[] {
  const words = [...text.normalize('NFKC').toLowerCase().matchAll(WORD)].map(([word]) => word);
  return words.map((word, at) =>
    HAN.test(word) ? word + (words[at + 1] ?? '') : word.replace(/(?:es|en|s|n|e)$/, ''),
  );
}

/** A search by keywords (BM25), which needs no model: it finds what readers read, not what an embedder makes of it. */
export function keywordSearch(passages: readonly Passage[]): (question: string) => Passage[] {
  const [saturation, lengths] = [1.2, 0.75];
  const counted = passages.map((passage) => {
    const counts = new Map<string, number>();
    const terms = termsOf(passage.text);
    for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
    return { passage, counts, length: terms.length };
  });
  const mean = counted.reduce((sum, { length }) => sum + length, 0) / counted.length;
  const holding = new Map<string, number>();
  for (const { counts } of counted) for (const term of counts.keys()) holding.set(term, (holding.get(term) ?? 0) + 1);
  return (question) => {
    const terms = new Set(termsOf(question));
    const scored = counted.map(({ passage, counts, length }) => {
      let score = 0;
      for (const term of terms) {
        const count = counts.get(term) ?? 0;
        const others = holding.get(term) ?? 0;
        const rarity = Math.log(1 + (counted.length - others + 0.5) / (others + 0.5));
        score += (rarity * count * (saturation + 1)) / (count + saturation * (1 - lengths + (lengths * length) / mean));
      }
      return { passage, score };
    });
    return scored
      .filter(({ score }) => score > 0)
      .toSorted((one, other) => other.score - one.score)
      .map(({ passage }) => passage);
  };
}
