/** What a browser keeps of an account begins with this; all of it goes when its person signs out by hand. */
export function accountPrefix(userId: string): string {
  return `draft:${userId}:`;
}
