/** A line of a list of accounts. */
export interface ListedAccount {
  /** Its number in the file. */
  line: number;
  name: string;
  email: string;
  role: string;
  password: string;
}

/** What is wrong with a line; the server knows more. */
export type LineFault =
  'no_name' | 'bad_email' | 'bad_role' | 'no_password' | 'weak_password' | 'twice' | 'no_columns' | 'too_long';

export interface FaultyLine {
  line: number;
  fault: LineFault;
}

const COLUMNS = ['name', 'email', 'password', 'role'] as const;
/** The server refuses a request with longer ones as a whole. */
const LONGEST = { name: 1_000, email: 1_000, role: 100, password: 1_024 };
const EMAIL_NAMES = ['email', 'e-mail', 'mail'];

/**
 * The accounts of a CSV file: by the names in its first line, or else name, address, password and role in this order. Separated by commas,
 * semicolons or tabs.
 */
export function readAccounts(text: string): { accounts: ListedAccount[]; faulty: FaultyLine[] } {
  const rows = readCsv(text);
  const head = rows[0]?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  const hasHead = head.some((cell) => EMAIL_NAMES.includes(cell));
  const at = (column: (typeof COLUMNS)[number]): number => {
    if (!hasHead) return COLUMNS.indexOf(column);
    return head.findIndex((cell) => (column === 'email' ? EMAIL_NAMES.includes(cell) : cell === column));
  };
  const places = { name: at('name'), email: at('email'), password: at('password'), role: at('role') };
  const accounts: ListedAccount[] = [];
  const faulty: FaultyLine[] = [];
  const seen = new Set<string>();
  for (const { line, cells } of hasHead ? rows.slice(1) : rows) {
    if (cells.length === 1) {
      faulty.push({ line, fault: 'no_columns' });
      continue;
    }
    const cell = (column: (typeof COLUMNS)[number]) => plain(cells[places[column]] ?? '');
    const account = {
      line,
      name: cell('name').trim(),
      email: cell('email').trim(),
      role: cell('role').trim(),
      password: cells[places.password] ?? '',
    };
    const address = account.email.toLowerCase();
    if (COLUMNS.some((column) => account[column].length > LONGEST[column])) faulty.push({ line, fault: 'too_long' });
    else if (address !== '' && seen.has(address)) faulty.push({ line, fault: 'twice' });
    else accounts.push(account);
    seen.add(address);
  }
  return { accounts, faulty };
}

/** A list that can be read again, with the passwords of its accounts. */
export function writeAccounts(accounts: readonly ListedAccount[]): string {
  const lines = accounts.map(({ name, email, role, password }) =>
    // A password is what it is, whatever a spreadsheet makes of it.
    [...[name, email, role].map(marked), password].map(quoted).join(','),
  );
  return `\uFEFF${['name,email,role,password', ...lines].join('\r\n')}\r\n`;
}

/** Rows of a CSV file that are not empty, with the numbers of the lines where they begin. */
function readCsv(text: string): { line: number; cells: string[] }[] {
  const separator = separatorOf(text);
  const rows: { line: number; cells: string[] }[] = [];
  let cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  let line = 1;
  let begin = 1;
  const endRow = () => {
    cells.push(cell);
    if (cells.some((value) => value.trim() !== '')) rows.push({ line: begin, cells });
    cells = [];
    cell = '';
    begin = line;
  };
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '\n') line++;
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[at++]!;
      else isQuoted = false;
    } else if (letter === '"' && cell === '') isQuoted = true;
    else if (letter === separator) {
      cells.push(cell);
      cell = '';
    } else if (letter === '\n') endRow();
    else if (letter !== '\r') cell += letter;
  }
  endRow();
  return rows;
}

/** The one that the first line with words has most of. */
function separatorOf(text: string): string {
  const [first = ''] = text.trimStart().split('\n', 1);
  const counts = [',', ';', '\t'].map((letter) => ({ letter, count: first.split(letter).length }));
  return counts.reduce((most, other) => (other.count > most.count ? other : most)).letter;
}

/** Our own lists mark what a spreadsheet would calculate. */
function plain(cell: string): string {
  return /^'[=+\-@]/.test(cell) ? cell.slice(1) : cell;
}

function marked(text: string): string {
  return /^[=+\-@]/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The text of a file: spreadsheets save in UTF-8, or in the encoding of their system. */
export function decoded(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
