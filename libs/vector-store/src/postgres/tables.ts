/** The tables of a kind of collections: one for each, in a schema of their own, apart from the services' schemas. */
export class Tables {
  /** @param prefix of the names, where several stores share the schema */
  constructor(
    readonly schema: string,
    private readonly prefix = '',
  ) {}

  /** The table of a collection, for a statement; collection names were checked before they come here. */
  name(collection: string): string {
    return `${this.schema}."${this.bare(collection)}"`;
  }

  /** Its name without the schema; indexes are named by it too. */
  bare(collection: string): string {
    return `${this.prefix}${collection}`;
  }

  /** The collection of a table, or undefined for a table of another store. */
  collection(table: string): string | undefined {
    return table.startsWith(this.prefix) ? table.slice(this.prefix.length) : undefined;
  }
}
