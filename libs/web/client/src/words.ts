/** What the client says by itself, where the server says nothing. */
export interface ClientWords {
  offline(): string;
  refused(status: number): string;
  fileDeleted(): string;
  /** What the server's code means; undefined for a code that is not known. */
  problem(told: Refusal): Promise<string | undefined>;
}

/** What the server says of a refused request. */
export interface Refusal {
  detail: string;
  /** One of the contract's codes, or of a newer server. */
  code: string;
  error_id?: string;
}

let words: ClientWords = {
  offline: () => 'The server cannot be reached.',
  refused: (status) => `The server answered ${status}.`,
  fileDeleted: () => 'The file was deleted.',
  problem: () => Promise.resolve(undefined),
};

/** Gives the client its words, in the language of the page. */
export function speak(next: ClientWords): void {
  words = next;
}

export const say = (): ClientWords => words;
