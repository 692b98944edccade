import type { Source } from '@perennial/contracts-retrieval';

const PLACES = /\{\{(CONTEXT|QUERY)\}\}|\[(context|query)\]/g;

/** What a prompt is made of when documents were found. */
export interface FoundDocuments {
  sources: readonly Source[];
  /** RAG_TEMPLATE. */
  template: string;
  /** The context goes into the system message. */
  inSystem: boolean;
}

/**
 * The found texts as the model reads them, each under its number. Numbers count the different documents over all sources, in order:
 * what the page shows as `[1]` is what the model was told to call so.
 */
export function contextOf(sources: readonly Source[]): string {
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  for (const { source, document, metadata } of sources) {
    for (const [at, text] of document.entries()) {
      const place = metadata[at];
      const key = place?.source ?? source.id;
      const number = numbers.get(key) ?? numbers.size + 1;
      numbers.set(key, number);
      const name = place?.name ?? source.name;
      texts.push(`<source id="${number}" name="${attribute(name)}">${unclosed(text)}</source>`);
    }
  }
  return texts.join('\n');
}

/**
 * The template with context and question in their places; what is put in is not looked through for places again. A template that has no
 * place for the context gets it at its end.
 */
export function filledTemplate(template: string, context: string, question: string): string {
  let placed = false;
  const filled = template.replace(PLACES, (_, upper?: string, lower?: string) => {
    if ((upper ?? lower)?.toLowerCase() === 'query') return question;
    placed = true;
    return context;
  });
  return placed ? filled : `${filled}\n\n<context>\n${context}\n</context>`;
}

/** What stands in for the question: the template, and the question behind it where the template has no place for it. */
export function promptOf({ template, sources, inSystem }: FoundDocuments, question: string): string {
  const filled = filledTemplate(template, contextOf(sources), question);
  if (inSystem || /\{\{QUERY\}\}|\[query\]/.test(template)) return filled;
  return `${filled}\n\n${question}`;
}

function attribute(value: string): string {
  return value.replace(/[<>"&\n\r]/g, (found) => `&#${found.charCodeAt(0)};`);
}

/** A document that closes a tag that it is in could pass for something else than a document. */
function unclosed(text: string): string {
  return text.replace(/<(\/?(?:source|context)\b)/gi, '&lt;$1');
}
