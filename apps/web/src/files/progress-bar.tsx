/** A visual bar; the text beside it says the same. `share`: 0 to 1, undefined if unknown. */
export function ProgressBar({ label, share }: { label: string; share: number | undefined }) {
  return <progress className="progress" aria-label={label} max={1} value={share} />;
}
