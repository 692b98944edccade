import type { UserRow } from '@perennial/contracts-wire';
import { useState } from 'react';
import { ta } from '../messages';
import { SecondQuestion } from '../second-question';
import { useManyUsers } from './user-queries';

const ROLES = ['pending', 'user', 'admin'] as const;

interface ChosenBarProps {
  chosen: readonly UserRow[];
  onNone: () => void;
  /** @param words what was done, and what was not */
  onDone: (words: string) => void;
}

/** What can be done with several accounts at once. */
export function ChosenBar({ chosen, onNone, onDone }: ChosenBarProps) {
  const many = useManyUsers();
  const [role, setRole] = useState<(typeof ROLES)[number]>('user');
  const apply = (change: { role: (typeof ROLES)[number] } | 'delete') =>
    many.mutate(
      { users: chosen, change },
      {
        onSuccess: ({ done, problems }) => {
          const words = change === 'delete' ? ta('many.deleted', { count: done }) : ta('many.changed', { count: done });
          onDone([words, ...problems].join(' '));
        },
      },
    );
  return (
    <section className="admin-chosen" aria-label={ta('many')}>
      <p role="status">{many.isPending ? ta('many.busy') : ta('many.chosen', { count: chosen.length })}</p>
      <div className="row">
        <label className="admin-check">
          {ta('role')}
          <select
            value={role}
            onChange={({ target }) => setRole(ROLES.find((other) => other === target.value) ?? role)}
          >
            {ROLES.map((other) => (
              <option key={other} value={other}>
                {ta(`role.${other}`)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="button button-quiet button-small"
          disabled={many.isPending}
          onClick={() => apply({ role })}
        >
          {ta('many.setRole')}
        </button>
        <button type="button" className="button button-quiet button-small" onClick={onNone}>
          {ta('many.none')}
        </button>
      </div>
      <p className="muted">{ta('many.roleMeans')}</p>
      <SecondQuestion
        action={ta('many.delete')}
        question={ta('many.deleteAsk', { count: chosen.length })}
        consequence={ta('many.deleteMeans')}
        confirm={ta('users.deleteIt')}
        keep={ta('many.keep')}
        busy={many.isPending}
        onConfirm={() => apply('delete')}
      />
    </section>
  );
}
