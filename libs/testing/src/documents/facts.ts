/** A sentence that one page of a document holds and no other, with a question that it answers. */
export interface Fact {
  /** From 1. */
  page: number;
  question: string;
  answer: string;
  sentence: string;
}

/** Pages of filler text, each with one fact in the middle. */
export interface FactualText {
  pages: string[];
  facts: Fact[];
}

const WORDS =
  'the report shows that most of our work on plans and budgets for every region was done by people who know their field well and who write down what they find so that others may use it later in meetings or letters when a choice has to be made between several ways of doing one thing'.split(
    ' ',
  );
const THINGS = ['pump', 'tower', 'archive', 'garden', 'harbour', 'tunnel', 'library', 'furnace', 'bridge', 'warehouse'];
const PLACES = ['Aldora', 'Brevik', 'Calmar', 'Dorset', 'Elmau', 'Farsund', 'Giske', 'Hovden', 'Imst', 'Jevnaker'];

/** A random number generator: the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Filler text of about `length` characters: sentences of common words, the same for the same seed. */
export function plainText(length: number, seed = 1): string {
  const next = random(seed);
  const paragraphs: string[] = [];
  let written = 0;
  while (written < length) {
    const sentences = Array.from({ length: 3 + Math.floor(next() * 5) }, () => {
      const words = Array.from(
        { length: 6 + Math.floor(next() * 14) },
        () => WORDS[Math.floor(next() * WORDS.length)] ?? '',
      );
      const sentence = words.join(' ');
      return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
    });
    const paragraph = sentences.join(' ');
    paragraphs.push(paragraph);
    written += paragraph.length + 2;
  }
  return paragraphs.join('\n\n').slice(0, length);
}

/** The fact with this number. Two numbers never give the same sentence. */
export function factOf(page: number): Fact {
  const thing = THINGS[page % THINGS.length] ?? '';
  const place = PLACES[Math.floor(page / THINGS.length) % PLACES.length] ?? '';
  const hall = Math.floor(page / (THINGS.length * PLACES.length)) + 1;
  const subject = `${thing} ${hall} of ${place}`;
  const answer = `quartz-${(page * 7919) % 100_000}`;
  return {
    page,
    question: `What is the access word of the ${subject}?`,
    answer,
    sentence: `The access word of the ${subject} is ${answer}.`,
  };
}

/** `count` pages of about `length` characters, each with a fact of its own. */
export function factualPages(count: number, length = 1_200): FactualText {
  const facts = Array.from({ length: count }, (_, at) => factOf(at + 1));
  const pages = facts.map(({ page, sentence }) => {
    const half = Math.floor(length / 2);
    return `${plainText(half, page)}\n\n${sentence}\n\n${plainText(half, page + 100_000)}`;
  });
  return { pages, facts };
}
