const ends: (() => void)[] = [];

/** What is under way for an account registers here how it ends: it would go on in the account that signs in next. */
export function atAccountEnd(end: () => void): void {
  ends.push(end);
}

/** The account of this page is left, or another one has taken its place. */
export function endAccount(): void {
  for (const end of ends) end();
}
