import { ta } from './messages';
/** Where a server of models or embeddings is. */
export function AddressField({ value, placeholder }: { value: string; placeholder?: string }) {
  return (
    <label className="field">
      {ta('address')}
      <input
        name="url"
        type="url"
        required
        maxLength={2_000}
        pattern="https?://.+"
        title={ta('address.hint')}
        placeholder={placeholder}
        defaultValue={value}
      />
    </label>
  );
}

/** What an empty field for a key means. @param saved the key as its service shows it, which is a mask */
export function keyHint(saved: string): string {
  if (saved === '') return ta('none');
  return saved.endsWith(' unreadable') ? ta('key.unreadable') : ta('key.savedStays');
}

/** A key that is typed; the one that is saved is never shown. */
export function KeyInput({ placeholder }: { placeholder: string }) {
  return (
    <label className="field">
      {ta('key')}
      <input name="key" type="password" autoComplete="off" maxLength={10_000} placeholder={placeholder} />
    </label>
  );
}
