import type { UserRow } from '@perennial/contracts-wire';

type Role = UserRow['role'];

export const ROLE_WORDS: Record<Role, string> = { pending: 'Waiting', user: 'User', admin: 'Administrator' };

const MEANINGS: readonly { role: Role; meaning: string }[] = [
  { role: 'pending', meaning: 'cannot use anything yet' },
  { role: 'user', meaning: 'uses chats and documents' },
  { role: 'admin', meaning: 'also changes everything here' },
];

/** What an account may do. */
export function RoleField({ initial }: { initial: Role }) {
  return (
    <fieldset className="admin-radios">
      <legend>Role</legend>
      {MEANINGS.map(({ role, meaning }) => (
        <label key={role}>
          <input type="radio" name="role" value={role} defaultChecked={role === initial} />
          <span>
            {ROLE_WORDS[role]} <span className="muted">{meaning}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** The chosen role of a form with that field. */
export function chosenRole(form: FormData): Role {
  return MEANINGS.find(({ role }) => role === form.get('role'))?.role ?? 'pending';
}
