/** What was refused or could not be reached, in a line where it happened. Nothing is wrong: no line. */
export function Problem({ of }: { of: Error | string | null | undefined }) {
  if (!of) return null;
  return (
    <p className="problem" role="alert">
      {typeof of === 'string' ? of : of.message}
    </p>
  );
}
