const WORDS = {
  en: { newChat: 'New chat', search: 'Search chats', description: 'an AI workspace of your own' },
  de: { newChat: 'Neuer Chat', search: 'Chats durchsuchen', description: 'ein eigener Arbeitsplatz mit KI' },
  ar: { newChat: 'محادثة جديدة', search: 'البحث في المحادثات', description: 'مساحة عمل خاصة بك مع الذكاء الاصطناعي' },
} as const;

type Language = keyof typeof WORDS;

/** The paper of the light theme, before the page is there to show its own. */
const PAPER = '#fbfaf7';
const ICON = { src: '/icons/icon-192.png', type: 'image/png', sizes: '192x192' };

/**
 * The manifest by which systems install the page.
 *
 * @param accepted `Accept-Language`: the names of its shortcuts are in the first language of it that the page has
 */
export function toManifest(name: string, accepted: string | undefined): Record<string, unknown> {
  const language = languageOf(accepted);
  const words = WORDS[language];
  return {
    id: '/',
    name,
    short_name: name,
    description: `${name}: ${words.description}`,
    lang: language,
    dir: language === 'ar' ? 'rtl' : 'ltr',
    start_url: '/',
    scope: '/',
    display: 'standalone',
    theme_color: PAPER,
    background_color: PAPER,
    icons: [
      { ...ICON, purpose: 'any' },
      { src: '/icons/icon-512.png', type: 'image/png', sizes: '512x512', purpose: 'any' },
      { src: '/icons/maskable-512.png', type: 'image/png', sizes: '512x512', purpose: 'maskable' },
      { src: '/favicon.svg', type: 'image/svg+xml', sizes: 'any', purpose: 'any' },
    ],
    shortcuts: [
      { name: words.newChat, url: '/', icons: [ICON] },
      { name: words.search, url: '/?find', icons: [ICON] },
    ],
    // The page's service worker takes it: the server never sees what is shared before it is sent.
    share_target: {
      action: '/share',
      method: 'POST',
      enctype: 'multipart/form-data',
      params: { title: 'title', text: 'text', url: 'url', files: [{ name: 'files', accept: ['*/*'] }] },
    },
  };
}

function languageOf(accepted: string | undefined): Language {
  const wanted = (accepted ?? '').split(',').map((part) => part.trim().slice(0, 2).toLowerCase());
  return wanted.find((code): code is Language => Object.hasOwn(WORDS, code)) ?? 'en';
}
