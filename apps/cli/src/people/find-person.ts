import { users } from '@perennial/contracts-auth';
import type { CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import type { Caller } from '../calls';
import { CommandError } from '../failure';

type Person = CallReply<typeof users.list>['users'][number];

/** @throws CommandError when no account has the address */
export async function findPerson(call: Caller, email: string): Promise<Person> {
  const wanted = email.toLowerCase();
  for (let page = 1, seen = 0; ; page += 1) {
    const { users: found, total } = await call(users.list, { query: wanted.slice(0, 200), page });
    const person = found.find((one) => one.email === wanted);
    if (person !== undefined) return person;
    seen += found.length;
    if (found.length === 0 || seen >= total)
      throw new CommandError(`There is no account with the address ${email}. \`perennial user list\` shows all.`);
  }
}

/**
 * For calls on behalf of a person: what is theirs, and nothing else.
 *
 * @param placement where what is stored for the person goes; null: the stores of the installation
 */
export function onBehalfOf(userId: string, placement: string | null = null): UserPrincipal {
  return { kind: 'user', userId, role: 'user', sessionId: 'command-line', ...(placement !== null && { placement }) };
}
