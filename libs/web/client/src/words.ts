/** What the client says by itself, where the server says nothing. */
export interface ClientWords {
  offline(): string;
  refused(status: number): string;
  fileDeleted(): string;
}

let words: ClientWords = {
  offline: () => 'The server cannot be reached.',
  refused: (status) => `The server answered ${status}.`,
  fileDeleted: () => 'The file was deleted.',
};

/** Gives the client its words, in the language of the page. */
export function speak(next: ClientWords): void {
  words = next;
}

export const say = (): ClientWords => words;
