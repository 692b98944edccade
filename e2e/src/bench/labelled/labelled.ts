import * as chinese from './chinese';
import * as english from './english';
import * as german from './german';
import * as identifiers from './identifiers';

/** Ranking is tuned by one half of the questions only, and judged by the other. */
export type Half = 'tuning' | 'held-out';

export interface LabelledQuestion {
  question: string;
  half: Half;
  /** The documents that answer it (2) and those that are related without answering it (1). */
  relevant: Readonly<Record<string, 1 | 2>>;
}

export interface LabelledSet {
  /** By name. */
  documents: Readonly<Record<string, string>>;
  questions: readonly LabelledQuestion[];
}

export const LABELLED_SETS: Readonly<Record<string, LabelledSet>> = {
  english: toSet(english.DOCUMENTS, english.QUESTIONS, english.SEEN),
  german: toSet(german.DOCUMENTS, german.QUESTIONS),
  chinese: toSet(chinese.DOCUMENTS, chinese.QUESTIONS),
  identifiers: toSet(identifiers.DOCUMENTS, identifiers.QUESTIONS),
};

/** Every second question is held out; those that were tuned by before there were halves are not. */
function toSet(documents: LabelledSet['documents'], questions: string, seen = ''): LabelledSet {
  const lines = (table: string): string[] => table.split('\n').filter((line) => line !== '');
  return {
    documents,
    questions: [
      ...lines(seen).map((line) => toQuestion(line, 'tuning', documents)),
      ...lines(questions).map((line, at) => toQuestion(line, at % 2 === 0 ? 'tuning' : 'held-out', documents)),
    ],
  };
}

/** @param line `question | answering documents | related documents` */
function toQuestion(line: string, half: Half, documents: LabelledSet['documents']): LabelledQuestion {
  const [question = '', answers = '', related = ''] = line.split('|').map((part) => part.trim());
  const relevant: Record<string, 1 | 2> = {};
  for (const [names, grade] of [
    [answers, 2],
    [related, 1],
  ] as const) {
    for (const name of names.split(' ').filter((one) => one !== '')) {
      if (documents[name] === undefined) throw new Error(`no document is called "${name}": ${line}`);
      relevant[name] = grade;
    }
  }
  return { question, half, relevant };
}
