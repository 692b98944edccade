export { download } from './copy/download';
export { richText } from './copy/rich-text';
export { MarkdownDocument } from './lex/document';
export { CopyButton } from './view/copy-button';
export { Markdown, MarkdownView } from './view/markdown';
export { type Fence, type MarkdownParts, MarkdownPartsContext } from './view/parts';
export { plainText } from './view/plain-text';
export { spokenText } from './view/spoken-text';
