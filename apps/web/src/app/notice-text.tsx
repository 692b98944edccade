import { type ComponentType, lazy, Suspense } from 'react';

// Markdown comes with the first notice. Without it the text is shown as it was written.
const BannerText = lazy<ComponentType<{ text: string }>>(() =>
  import('./banner-text').catch(() => ({ default: ({ text }) => <p>{text}</p> })),
);

/** The text of a notice, plain until Markdown is there. */
export function NoticeText({ text }: { text: string }) {
  return (
    <Suspense fallback={<p dir="auto">{text}</p>}>
      <BannerText text={text} />
    </Suspense>
  );
}
