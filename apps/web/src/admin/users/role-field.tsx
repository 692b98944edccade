import type { UserRow } from '@perennial/contracts-wire';
import { ta } from '../messages';

type Role = UserRow['role'];

const ROLES: readonly Role[] = ['pending', 'user', 'admin'];

/** What an account may do. */
export function RoleField({ initial, legend = ta('role') }: { initial: Role; legend?: string }) {
  return (
    <fieldset className="admin-radios">
      <legend>{legend}</legend>
      {ROLES.map((role) => (
        <label key={role}>
          <input type="radio" name="role" value={role} defaultChecked={role === initial} />
          <span>
            {ta(`role.${role}`)} <span className="muted">{ta(`role.${role}.means`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** The chosen role of a form with that field. */
export function chosenRole(form: FormData): Role {
  return ROLES.find((role) => role === form.get('role')) ?? 'pending';
}
