import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@perennial/contracts-gateway';
import { type Account, PASSWORD } from '../support/accounts';
import { http } from '../support/http';
import { newTurn } from '../support/turn';

/** What is taken away, and who notices. */
export const TAKEN = ['session', 'role', 'model', 'permission'] as const;
export type Taken = (typeof TAKEN)[number];

const EACH_MS = 20;
/** A gateway asks several replicas, of which each may still allow it: it is refused when none has allowed it for this time. */
const AFTER_MS = 800;
const LIMIT_MS = 10_000;

interface Grant {
  /** Whether it still works at this gateway. */
  works(gateway: string): Promise<boolean>;
  take(gateway: string): Promise<void>;
}

/**
 * Takes something away at one gateway, and asks for it at all of them until each refuses.
 *
 * @returns milliseconds from the sending of the change to the first refusal after which nothing was allowed, for each gateway
 */
export async function untilRefused(gateways: readonly string[], at: number, grant: Grant): Promise<number[]> {
  for (const gateway of gateways) while (!(await grant.works(gateway))) await sleep(EACH_MS);
  const began = performance.now();
  const refused = gateways.map(async (gateway) => {
    let first: number | undefined;
    for (;;) {
      const asked = performance.now();
      if (await grant.works(gateway)) first = undefined;
      else first ??= asked;
      if (first !== undefined && performance.now() - first > AFTER_MS) return first - began;
      if (performance.now() - began > LIMIT_MS) throw new Error(`${gateway} still allows it after ${LIMIT_MS} ms`);
      await sleep(EACH_MS);
    }
  });
  const [, ...times] = await Promise.all([grant.take(gateways[at] ?? ''), ...refused]);
  return times;
}

/** Makes what can be taken away, afresh each time. */
export class Grants {
  constructor(
    private readonly gateway: string,
    private readonly admin: Account,
    private readonly user: Account,
    private readonly model: string,
  ) {}

  of(taken: Taken): Promise<Grant> {
    switch (taken) {
      case 'session':
        return this.session();
      case 'role':
        return this.role();
      case 'model':
        return this.entry(
          { is_active: true, access_grants: this.everybody },
          { is_active: false, access_grants: this.everybody },
        );
      case 'permission':
        return this.entry({ is_active: true, access_grants: this.everybody }, { is_active: true, access_grants: [] });
    }
  }

  private readonly everybody = [{ principal_type: 'user', principal_id: '*', permission: 'read' }];

  private async session(): Promise<Grant> {
    const { token } = await this.account('user');
    return {
      works: (gateway) => isOk(gateway + routes.auths.session.path, token),
      take: (gateway) => posted(gateway + routes.auths.signOut.path, token, undefined),
    };
  }

  private async role(): Promise<Grant> {
    const { id, token } = await this.account('admin');
    return {
      works: (gateway) => isOk(gateway + routes.users.list.path, token),
      take: (gateway) =>
        posted(gateway + routes.users.update.path.replace(':id', id), this.admin.token, { role: 'user' }),
    };
  }

  private async entry(before: object, after: object): Promise<Grant> {
    const save = (gateway: string, change: object): Promise<void> =>
      posted(gateway + routes.models.saveEntry.path, this.admin.token, {
        id: this.model,
        base_model_id: null,
        name: this.model,
        meta: {},
        params: {},
        ...change,
      });
    await save(this.gateway, before);
    return {
      works: async (gateway) => {
        const body = newTurn(this.model, randomUUID(), 'propagation');
        return (
          (await http('POST', gateway + routes.completions.sendTurn.path, { token: this.user.token, body })).status ===
          200
        );
      },
      take: (gateway) => save(gateway, after),
    };
  }

  private async account(role: 'user' | 'admin'): Promise<Account> {
    const email = `propagation-${randomUUID()}@example.com`;
    await posted(this.gateway + routes.auths.addUser.path, this.admin.token, {
      name: email,
      email,
      password: PASSWORD,
      role,
    });
    const { body } = await http<Account>('POST', this.gateway + routes.auths.signIn.path, {
      body: { email, password: PASSWORD },
    });
    return body;
  }
}

async function isOk(url: string, token: string): Promise<boolean> {
  return (await http('GET', url, { token })).status === 200;
}

async function posted(url: string, token: string, body: unknown): Promise<void> {
  const { status, body: reply } = await http('POST', url, { token, body });
  if (status !== 200) throw new Error(`${url} answered ${status}: ${JSON.stringify(reply)}`);
}
