import { Markdown, MarkdownPartsContext } from '@perennial/web-ui/markdown';
import { markdownWords } from '../messages/markdown-words';

/** The text of a notice: Markdown without citations. */
export default function BannerText({ text }: { text: string }) {
  return (
    <MarkdownPartsContext value={{ citation: (_, written) => written, words: markdownWords() }}>
      <Markdown text={text} />
    </MarkdownPartsContext>
  );
}
