/** Shorter secrets can be guessed; refused in production. */
export const MIN_SECRET_LENGTH = 16;

const PLACEHOLDERS = new Set(
  [
    'admin', 'default', 'example', 'insecure', 'key', 'pass', 'passw0rd', 'password', 'perennial', 'postgres', 'redis', 'root', 'secret',
    'test', 'token', 't0psecret', 'topsecret', 'supersecret', 'secretkey', 'mysecret', 'mysecretkey', 'webuisecretkey',
    'yoursecret', 'yoursecretkey', 'yourpassword', 'changeit', 'changeme', 'changethis', 'pleasechangeme', 'replaceme', 'todo',
  ],
); // prettier-ignore

const normalise = (value: string): string => value.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Words of sample files that no random secret contains. */
const TELLTALE = /change[-_ ]?(me|this|it)|replace[-_ ]?(me|this)|t0p[-_ ]?s3cr3t|your[-_ ]?secret|<[^>]*>/i;

/**
 * Why `value` is not a secret, or undefined. In a URL only the password is checked; a URL without a password passes.
 */
export function weakness(value: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) {
    const password = passwordOf(value);
    return password !== '' && isPlaceholder(password) ? 'has a placeholder as its password' : undefined;
  }
  if (isPlaceholder(value)) return 'is a placeholder';
  if (value.length < MIN_SECRET_LENGTH) return `is too short: at least ${MIN_SECRET_LENGTH} characters`;
  return undefined;
}

/** The password of a URL, also of one that names several hosts, which `URL` does not read. */
function passwordOf(url: string): string {
  const [, written = ''] = /^[^/]*\/\/[^/:]*:([^/]*)@/.exec(url) ?? [];
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

function isPlaceholder(value: string): boolean {
  return (
    PLACEHOLDERS.has(normalise(value)) ||
    TELLTALE.test(value) ||
    /^(.)\1*$/.test(value) ||
    /^(0?1234567890?)+/.test(value)
  );
}
