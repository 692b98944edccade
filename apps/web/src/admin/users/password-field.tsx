import { useState } from 'react';
import { ta } from '../messages';

/** A first or a new password for somebody else: it is shown, because it has to be told. */
export function PasswordField({ label }: { label: string }) {
  const [password, setPassword] = useState('');
  return (
    <div className="admin-with-button">
      <label className="field grow">
        {label}
        <input
          name="password"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          minLength={8}
          maxLength={1_024}
          required
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
      </label>
      <button type="button" className="button button-quiet" onClick={() => setPassword(randomPassword())}>
        {ta('users.makePassword')}
      </button>
    </div>
  );
}

/** 120 random bits, in letters that are not taken for one another. */
export function randomPassword(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  const text = [...bytes].map((byte) => letters[byte % letters.length]).join('');
  return text.replace(/.{6}(?=.)/g, '$&-');
}
