import { type Fact, factOf, factualPages, plainText, toDocx, toPdf, toXlsx } from '@perennial/testing/documents';
import type { Document } from './library';

/** A document with its known facts. */
export interface KnownDocument extends Document {
  facts: Fact[];
  /** Whether its facts have a page of their own. */
  paged: boolean;
}

const PDF_PAGES = 300;
/** Numbers of facts that are in no other document. */
const DOCX_FACTS = [551, 552, 553, 554, 555, 556];
const XLSX_FACTS = [671, 672, 673, 674, 675, 676];

/** A PDF of 300 pages, a DOCX and an XLSX, each with facts of its own. */
export async function knownDocuments(): Promise<KnownDocument[]> {
  const { pages, facts } = factualPages(PDF_PAGES);
  const written = DOCX_FACTS.map(factOf);
  const tabled = XLSX_FACTS.map(factOf);
  const blocks = written.flatMap((fact, at) => [
    { heading: `Part ${at + 1}`, level: 1 as const },
    { text: plainText(1_500, fact.page) },
    { text: fact.sentence },
  ]);
  return [
    { name: 'survey.pdf', type: 'application/pdf', bytes: await toPdf(pages), facts, paged: true },
    {
      name: 'handbook.docx',
      type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      bytes: await toDocx(blocks),
      facts: written,
      paged: false,
    },
    {
      name: 'register.xlsx',
      type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      bytes: await toXlsx([
        { name: 'Words', rows: [['Subject', 'Note'], ...tabled.map((fact) => ['Row', fact.sentence])] },
      ]),
      facts: tabled,
      paged: false,
    },
  ];
}

/** A text of this length with one hidden fact. */
export function textWith(fact: Fact, length = 60_000): Document & { content: string } {
  const half = plainText(length / 2, fact.page);
  const content = `${half}\n\n${fact.sentence}\n\n${plainText(length / 2, fact.page + 50_000)}`;
  return { name: `note-${fact.page}.txt`, type: 'text/plain', bytes: Buffer.from(content), content };
}
