import { showDirection, showLook, wantedLanguage } from './choices';

// Runs before the first paint: no other colours and no other direction are ever seen.
showLook();
const language = wantedLanguage();
showDirection(language);

// The language's texts are asked for while the page's script is still on its way.
const texts = document.currentScript?.dataset[language];
if (texts !== undefined) {
  const link = document.createElement('link');
  link.rel = 'modulepreload';
  link.href = texts;
  document.head.append(link);
}
