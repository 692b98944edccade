import { randomBytes } from 'node:crypto';
import { EmailSchema, PICTURE_MAX_CHARS, users } from '@perennial/contracts-auth';
import { RoleSchema, type UserPrincipal } from '@perennial/contracts-kernel';
import type { Caller } from '../calls';
import { explain } from '../failure';
import { onBehalfOf } from '../people/find-person';
import { idHere } from './identity';
import type { Report } from './report';
import { type OpenWebUi, record, type Row, seconds, text } from './source';

/** On whose behalf things are stored here, by the ids of people there. */
export type People = Map<string, UserPrincipal>;

/** Imports accounts with their passwords. */
export async function importPeople(from: OpenWebUi, call: Caller, report: Report): Promise<People> {
  const people: People = new Map();
  report.begin('people', await from.count('user'));
  for await (const person of from.rows('user', report.tooLarge('people'))) {
    const [login] = await from.query('SELECT password, active FROM auth WHERE id = ?', [person['id']]);
    const there = String(person['id']);
    try {
      const { userId, created } = await importPerson(person, login, call, report);
      // An account that was here before may have a placement.
      const placement = created ? null : (await call(users.get, { userId })).placement;
      people.set(there, onBehalfOf(userId, placement ?? null));
      report.done('people', created);
    } catch (error) {
      report.omit('people', there, explain(error));
    }
  }
  return people;
}

async function importPerson(person: Row, login: Row | undefined, call: Caller, report: Report) {
  const there = String(person['id']);
  const email = text(person['email']) ?? '';
  if (!EmailSchema.safeParse(email).success) throw new Error('the address is not one');
  const request = {
    userId: idHere(there),
    name: (text(person['name'])?.trim() || email).slice(0, 200),
    email,
    role: isActive(login) ? RoleSchema.catch('pending').parse(person['role']) : 'pending',
    profile_image_url: toPicture(person),
    bio: text(person['bio'])?.slice(0, 10_000),
    gender: text(person['gender'])?.slice(0, 100),
    date_of_birth: toDate(person['date_of_birth']),
    timezone: text(person['timezone'])?.slice(0, 100),
    createdAt: seconds(person['created_at']),
    lastActiveAt: seconds(person['last_active_at']),
    settings: record(person['settings']),
  } as const;
  const password = text(login?.['password']) ?? '';
  const readable = users.importAccount.request.shape.passwordHash.safeParse(password).success;
  if (!readable)
    report.note('people', there, 'has no password that can be taken over; set one with user reset-password');
  return call(users.importAccount, { ...request, passwordHash: readable ? password : unusablePassword() });
}

/** SQLite has 0 and 1 for a boolean. */
function isActive(login: Row | undefined): boolean {
  return login !== undefined && login['active'] !== false && login['active'] !== 0;
}

function toPicture(person: Row): string | undefined {
  const picture = text(person['profile_image_url']);
  return picture !== undefined && picture.length <= PICTURE_MAX_CHARS ? picture : undefined;
}

function toDate(value: unknown): string | undefined {
  return value instanceof Date ? value.toISOString().slice(0, 10) : text(value)?.slice(0, 40);
}

/** The hash of nothing: a person who signed in through another service has no password. */
function unusablePassword(): string {
  return `$2b$04$${randomBytes(40).toString('hex').slice(0, 53)}`;
}
