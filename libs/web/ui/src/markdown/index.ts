export { MarkdownDocument } from './lex/document';
export { Markdown, MarkdownView } from './view/markdown';
export { type MarkdownParts, MarkdownPartsContext } from './view/parts';
