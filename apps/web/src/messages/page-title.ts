/** The title of the window. It has the product's name, which is the same in all languages. */
export function titleOf(page: string | undefined): string {
  return page ? `${page} · Perennial` : 'Perennial';
}
