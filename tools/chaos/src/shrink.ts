/**
 * The smallest set of faults, as far as it is found with `tries` runs, with which a run still fails: halves are dropped first, then single
 * ones.
 *
 * @param fails runs these faults; true: an invariant is broken
 */
export async function shrink(
  faults: readonly number[],
  fails: (faults: readonly number[]) => Promise<boolean>,
  tries: number,
): Promise<readonly number[]> {
  let kept = faults;
  let pieces = 2;
  let left = tries;
  while (kept.length > 1 && left > 0) {
    const size = Math.ceil(kept.length / pieces);
    let dropped = false;
    for (let at = 0; at < kept.length && left > 0; at += size) {
      const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
      left -= 1;
      if (rest.length === 0 || !(await fails(rest))) continue;
      kept = rest;
      dropped = true;
      break;
    }
    if (dropped) pieces = Math.max(2, pieces - 1);
    else if (size === 1) return kept;
    else pieces = Math.min(kept.length, pieces * 2);
  }
  return kept;
}
