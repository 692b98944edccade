/** What a value counts as when there are too many. */
const OTHER = 'other';

/**
 * Values of a metric's label that come from outside, such as names of models: the first ones are kept, the rest is one. Each distinct
 * value is a series that every scraper stores.
 */
export class BoundedLabel {
  readonly #known = new Set<string>();

  constructor(private readonly limit: number) {}

  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.limit || value.length > 100) return OTHER;
    this.#known.add(value);
    return value;
  }
}
