import { type RouteReply, routes } from '@perennial/contracts-gateway';
import { httpUntilAnswered } from './http';

export interface Account {
  id: string;
  name: string;
  token: string;
}

/** Of every account that is made here. */
export const PASSWORD = 'correct horse battery staple';

/** Signs up the first account, which administers the installation. */
export async function signUpAdmin(baseUrl: string): Promise<Account> {
  const reply = await httpUntilAnswered<RouteReply<typeof routes.auths.signUp>>(
    'POST',
    baseUrl + routes.auths.signUp.path,
    {
      body: { name: 'Admin', email: 'admin@example.com', password: PASSWORD },
    },
  );
  if (reply.status !== 200) throw new Error(`sign-up answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}

/** The admin adds `count` users. */
export async function addUsers(baseUrl: string, admin: Account, count: number): Promise<Account[]> {
  const users: Account[] = [];
  for (let from = 0; from < count; from += 4) {
    const batch = Array.from({ length: Math.min(4, count - from) }, (_, i) =>
      addUser(baseUrl, admin, { name: `User ${from + i}`, email: `user${from + i}@example.com` }),
    );
    users.push(...(await Promise.all(batch)));
  }
  return users;
}

/** The admin adds a user, who signs in: an added account has no session. */
export async function addUser(
  baseUrl: string,
  admin: Account,
  { name, email }: { name: string; email: string },
): Promise<Account> {
  const added = await httpUntilAnswered<RouteReply<typeof routes.auths.addUser>>(
    'POST',
    baseUrl + routes.auths.addUser.path,
    {
      token: admin.token,
      body: { name, email, password: PASSWORD, role: 'user' },
    },
  );
  if (added.status !== 200) throw new Error(`adding a user answered ${added.status}: ${JSON.stringify(added.body)}`);
  const reply = await httpUntilAnswered<RouteReply<typeof routes.auths.signIn>>(
    'POST',
    baseUrl + routes.auths.signIn.path,
    {
      body: { email, password: PASSWORD },
    },
  );
  if (reply.status !== 200) throw new Error(`signing in answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}

/** Saves one more OpenAI-compatible connection whose provider continues a broken text; its models are named `<prefix>.<model>`. */
export async function addContinuingConnection(
  baseUrl: string,
  admin: Account,
  url: string,
  prefix: string,
): Promise<void> {
  const { body } = await httpUntilAnswered<RouteReply<typeof routes.connections.openAi>>(
    'GET',
    baseUrl + routes.connections.openAi.path,
    { token: admin.token },
  );
  const reply = await httpUntilAnswered('POST', baseUrl + routes.connections.updateOpenAi.path, {
    token: admin.token,
    body: {
      ENABLE_OPENAI_API: true,
      OPENAI_API_BASE_URLS: [...body.OPENAI_API_BASE_URLS, url],
      OPENAI_API_KEYS: [...body.OPENAI_API_KEYS, 'simulated'],
      OPENAI_API_CONFIGS: {
        ...body.OPENAI_API_CONFIGS,
        [body.OPENAI_API_BASE_URLS.length]: { prefix_id: prefix, continuation: 'continue_final_message' },
      },
    },
  });
  if (reply.status !== 200)
    throw new Error(`saving connections answered ${reply.status}: ${JSON.stringify(reply.body)}`);
}
