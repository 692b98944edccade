import { type ScriptedModel, startScriptedModel } from './scripted-model';

export const QUOTING_MODEL = 'quoting';

/** A chat model that uses documents well: it quotes each document of its prompt, with its number. */
export function startQuotingModel(): Promise<ScriptedModel> {
  return startScriptedModel({
    model: QUOTING_MODEL,
    title: 'About documents',
    answer: (prompt) => quotesOf(prompt).split(/(?<= )/),
  });
}

/** The line with the access word of each document, and code that looks like a citation. */
function quotesOf(prompt: string): string {
  const sources = [...prompt.matchAll(/<source id="(\d+)" name="([^"]*)">([\s\S]*?)<\/source>/g)];
  if (sources.length === 0) return 'No document was given to me.';
  const quotes = sources.flatMap(([, number, name, text = '']) => {
    const sentence = /The access word of [^.]*\./.exec(text.replace(/\s+/g, ' '))?.[0];
    return sentence ? [`- ${name} says: ${sentence} [${number}]`] : [];
  });
  return `Here is what I found:\n\n${quotes.join('\n')}\n\nIn code that would be \`words[1]\`.`;
}
