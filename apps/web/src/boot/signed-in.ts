/**
 * Whether somebody was signed in in this browser when the page was last shown: then what they will see is loaded at once, beside the question who is
 * there. It decides nothing else. The script that runs before the first paint is made from this file too, so it imports nothing.
 */
const KEY = 'signed-in';

export function wasSignedIn(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

export function keepSignedIn(isSignedIn: boolean): void {
  try {
    if (isSignedIn) localStorage.setItem(KEY, '1');
    else localStorage.removeItem(KEY);
  } catch {
    // It is loaded when it is wanted.
  }
}
