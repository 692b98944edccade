/** The web application's manifest. */
export function manifestOf(name: string): Record<string, unknown> {
  return {
    name,
    short_name: name,
    description: `${name}: an AI workspace of your own`,
    start_url: '/',
    display: 'standalone',
    background_color: '#101418',
    icons: [{ src: '/favicon.svg', type: 'image/svg+xml', sizes: 'any', purpose: 'any' }],
    share_target: { action: '/', method: 'GET', params: { text: 'shared' } },
  };
}
