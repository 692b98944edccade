/** A message's place; rows come in the order of their insertion. */
export interface TreeRow {
  id: string;
  parent_id: string | null;
}

/** What the deletion of a message changes. */
export interface Removal {
  /** The messages that go. */
  gone: string[];
  /** What the messages after it follow on, if they stay. */
  parentId: string | null;
  /** The message that is shown last. */
  currentId: string | null;
}

/**
 * The deletion of a message from a tree. Without `isBranch` only it goes, and the messages after it follow on the one before it. The shown branch is
 * kept; if its end goes, it ends with the newest message after the deleted one, or else at its siblings, or else before it.
 *
 * @returns undefined when there is no such message
 */
export function removalOf(
  rows: readonly TreeRow[],
  id: string,
  currentId: string | null,
  isBranch: boolean,
): Removal | undefined {
  const children = new Map<string | null, string[]>();
  for (const row of rows) {
    const siblings = children.get(row.parent_id);
    if (siblings) siblings.push(row.id);
    else children.set(row.parent_id, [row.id]);
  }
  const message = rows.find((row) => row.id === id);
  if (message === undefined) return undefined;
  const gone = new Set([id]);
  // A set is iterated over what is added meanwhile, and a circle ends.
  if (isBranch) for (const each of gone) for (const child of children.get(each) ?? []) gone.add(child);
  const { parent_id: parentId } = message;
  const after = (parent: string | null): string[] => (children.get(parent) ?? []).filter((each) => !gone.has(each));
  const newestEnd = (from: string): string => {
    const seen = new Set([from]);
    let end = from;
    for (let next = after(end).at(-1); next !== undefined && !seen.has(next); next = after(end).at(-1)) {
      seen.add(next);
      end = next;
    }
    return end;
  };
  const isKept = currentId !== null && !gone.has(currentId);
  const next = after(id).at(-1) ?? after(parentId).at(-1);
  const end = next === undefined ? parentId : newestEnd(next);
  return { gone: [...gone], parentId, currentId: isKept ? currentId : end };
}
