import { showDirection, showLook, wantedLanguage } from './choices';
import { wasSignedIn } from './signed-in';

// Runs before the first paint: no other colours and no other direction are ever seen.
showLook();
const language = wantedLanguage();
showDirection(language);

// The language's texts, and what is for people who are signed in, are asked for while the page's script is still on its way.
const { dataset = {} } = document.currentScript ?? {};
const early = [dataset[language], wasSignedIn() ? dataset['workspace'] : undefined];
for (const href of early.flatMap((files) => files?.split(' ') ?? [])) {
  const link = document.createElement('link');
  link.rel = 'modulepreload';
  link.href = href;
  document.head.append(link);
}
