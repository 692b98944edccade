import { describe, expect, it } from 'vitest';
import { databaseServers, serverName } from './database-url';

describe('the servers of a database', () => {
  it.each([
    ['postgres://u:p@db/x', ['postgres://u:p@db/x'], false],
    ['postgres://u:p@db/x?sslmode=verify-full', ['postgres://u:p@db/x?sslmode=verify-full'], false],
    ['postgres://u:p@db/x?target_session_attrs=read-write', ['postgres://u:p@db/x'], true],
    [
      'postgresql://u:p%40q@one:5432,two,[::1]:5433/x?sslmode=verify-full&target_session_attrs=primary',
      ['one:5432', 'two', '[::1]:5433'].map((host) => `postgresql://u:p%40q@${host}/x?sslmode=verify-full`),
      true,
    ],
    ['postgres://one,two', ['postgres://one', 'postgres://two'], true],
  ])('of %s', (url, urls, searched) => {
    expect(databaseServers(url)).toEqual({ urls, searched });
  });

  it.each([
    ['mysql://db/x', /must be a URL that starts with postgres/],
    ['postgres://u:secret@one:65536,two/x', /a server that cannot be read: "one:65536"/],
    ['postgres://u:secret@one,,two/x', /an empty server/],
    ['postgres://u:secret@one,two/x?target_session_attrs=standby', /every service writes/],
  ])('of %s are refused, without the password', (url, message) => {
    expect(() => databaseServers(url)).toThrow(message);
    expect(() => databaseServers(url)).not.toThrow(/secret/);
  });

  it('have names without a password', () => {
    expect(serverName('postgres://u:p@db/x')).toBe('db:5432');
    expect(serverName('postgres://u:p@[::1]:6000/x')).toBe('[::1]:6000');
  });
});
