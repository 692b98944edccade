import type { MarkdownParts } from '@perennial/web-ui/markdown';
import { t } from '.';

/** What the parts of a Markdown text say, in the shown language. */
export const markdownWords = (): MarkdownParts['words'] => ({
  done: t('markdown.done'),
  open: t('markdown.open'),
  table: t('markdown.table'),
  code: t('code'),
  copy: t('code.copy'),
  copied: t('code.copied'),
  notCopied: t('code.notCopied'),
  wrap: t('code.wrap'),
  download: t('code.download'),
  whole: t('markdown.whole'),
  close: t('action.close'),
  fold: t('code.fold'),
  unfold: (count) => t('code.unfold', { count }),
  alerts: {
    note: t('markdown.note'),
    tip: t('markdown.tip'),
    important: t('markdown.important'),
    warning: t('markdown.warning'),
    caution: t('markdown.caution'),
  },
});
