import type { Source } from '@perennial/contracts-retrieval';
import type { FoundDocuments } from '../types/run';

const PLACES = /\{\{(CONTEXT|QUERY)\}\}|\[(context|query)\]/g;

/**
 * The found texts for the model, each with its number. Numbers count the different documents over all sources, in order, so that `[1]` is the
 * same document for the model and on the page.
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
 * The template with context and question inserted; placeholders in inserted text are not replaced. A template without a placeholder for the
 * context gets it at its end.
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

/** The prompt that replaces the question: the template, with the question appended if it has no placeholder for it. */
export function promptOf({ template, sources, inSystem }: FoundDocuments, question: string): string {
  const filled = filledTemplate(template, contextOf(sources), question);
  if (inSystem || /\{\{QUERY\}\}|\[query\]/.test(template)) return filled;
  return `${filled}\n\n${question}`;
}

function attribute(value: string): string {
  return value.replace(/[<>"&\n\r]/g, (found) => `&#${found.charCodeAt(0)};`);
}

/** Escapes closing tags, so that a document cannot end its own element. */
function unclosed(text: string): string {
  return text.replace(/<(\/?(?:source|context)\b)/gi, '&lt;$1');
}
