import { randomUUID } from 'node:crypto';
import { routes, type TurnReply } from '@perennial/contracts-gateway';
import { must } from './http';
import type { Role } from './plan';

interface Account {
  id: string;
  token: string;
}

const PASSWORD = 'correct horse battery staple';

/** Kinds of objects of both accounts. */
const KINDS = ['chat', 'file', 'base', 'run'] as const;
const OWNERS = ['user', 'admin'] as const;

/** UUIDs in plans, each replaced by that of an existing object. */
export const PLACEHOLDERS = OWNERS.flatMap((_, owner) =>
  KINDS.map((_kind, kind) => `00000000-0000-4000-8000-0000000000${owner}${kind}`),
);

/** The accounts of a run, and their objects. */
export class Ground {
  private readonly real = new Map<string, string>();
  private readonly ending: string[] = [];

  private constructor(
    readonly baseUrl: string,
    private readonly model: string,
    private readonly accounts: Record<'user' | 'admin', Account>,
    /** A well-behaved user. */
    readonly bystander: Account & { chatId: string },
  ) {}

  static async lay(baseUrl: string, model: string): Promise<Ground> {
    const admin = await must<Account>('POST', baseUrl + routes.auths.signUp.path, undefined, {
      name: 'Admin',
      email: 'admin@example.com',
      password: PASSWORD,
    });
    const add = async (name: string): Promise<Account> => {
      const email = `${name}@example.com`;
      await must('POST', baseUrl + routes.auths.addUser.path, admin.token, {
        name,
        email,
        password: PASSWORD,
        role: 'user',
      });
      return must<Account>('POST', baseUrl + routes.auths.signIn.path, undefined, { email, password: PASSWORD });
    };
    const [user, bystander] = [await add('attacker'), await add('bystander')];
    const chat = await must<{ id: string }>('POST', baseUrl + routes.chats.create.path, bystander.token, {
      chat: { title: 'Mine' },
    });
    const ground = new Ground(baseUrl, model, { user, admin }, { ...bystander, chatId: chat.id });
    for (let at = 0; at < 2; at += 1) {
      const spare = await must<Account>('POST', baseUrl + routes.auths.signIn.path, undefined, {
        email: 'attacker@example.com',
        password: PASSWORD,
      });
      ground.ending.push(spare.token);
    }
    await ground.renew();
    return ground;
  }

  /** Recreates all objects of a plan's placeholders; if that is refused the old one stays. */
  async renew(): Promise<void> {
    for (const [owner, role] of OWNERS.entries()) {
      for (const [kind, name] of KINDS.entries()) {
        const id = await this.make(name, this.accounts[role].token).catch(() => undefined);
        if (id !== undefined) this.real.set(`00000000-0000-4000-8000-0000000000${owner}${kind}`, id);
      }
    }
  }

  /** A planned text with real ids. */
  filled(text: string): string {
    if (!text.includes('00000000-0000-4000-8000-')) return text;
    return text.replaceAll(/00000000-0000-4000-8000-0000000000\d\d/g, (id) => this.real.get(id) ?? id);
  }

  /** Credentials of a role. A sign-out ends a session, so it gets a session of its own. */
  credentials(role: Role, path: string): Record<string, string> {
    if (role === 'anonymous') return {};
    const token = path.includes('/signout') ? this.ending[role === 'user' ? 0 : 1] : this.accounts[role].token;
    return { authorization: `Bearer ${token}` };
  }

  private async make(kind: (typeof KINDS)[number], token: string): Promise<string> {
    const post = <T>(path: string, body: unknown): Promise<T> => must<T>('POST', this.baseUrl + path, token, body);
    switch (kind) {
      case 'chat':
        return (await post<{ id: string }>(routes.chats.create.path, { chat: { title: 'Fuzz' } })).id;
      case 'base':
        return (await post<{ id: string }>(routes.knowledge.create.path, { name: 'Fuzz' })).id;
      case 'file':
        return (
          await post<{ file_id: string }>(routes.retrieval.processText.path, { name: 'fuzz.txt', content: 'A line.' })
        ).file_id;
      case 'run': {
        const id = randomUUID();
        const reply = await post<TurnReply>(routes.completions.sendTurn.path, {
          model: this.model,
          session_id: 'fuzz',
          parent_id: null,
          id,
          message_ids: [{ model_id: this.model, message_id: id }],
          user_message: { id: randomUUID(), role: 'user', content: 'x' },
        });
        return reply.task_ids[0] as string;
      }
    }
  }
}
