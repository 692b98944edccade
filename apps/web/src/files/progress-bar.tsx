/** A bar for the eye; the words beside it say the same. `share`: 0 to 1, undefined while nobody knows. */
export function ProgressBar({ label, share }: { label: string; share: number | undefined }) {
  return <progress className="progress" aria-label={label} max={1} value={share} />;
}
