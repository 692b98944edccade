import { loadModule, parseSync } from 'libpg-query';

/** Postgres's own parser, compiled to WebAssembly. */
await loadModule();

/**
 * @typedef {Record<string, any>} Node a node of Postgres's parse tree
 * @typedef {{ tables: Set<string>, columns: Set<string> }} Made what the migration itself has made: nobody uses that yet. Columns are `table.column`
 */

/** Statements that add something and touch nothing. */
const ADDING = new Set([
  ...[
    'CreateSchemaStmt',
    'CreateSeqStmt',
    'CreateFunctionStmt',
    'CreateTrigStmt',
    'CreateEnumStmt',
    'CreateDomainStmt',
  ],
  ...['CreateExtensionStmt', 'ViewStmt', 'CommentStmt', 'SelectStmt', 'VariableSetStmt'],
]);

/** Changes of a table that the previous version does not notice, and that hold their lock for a moment. */
const HARMLESS = new Set([
  ...['AT_SetStorage', 'AT_SetStatistics', 'AT_SetRelOptions', 'AT_ResetRelOptions', 'AT_SetCompression'],
  ...['AT_ValidateConstraint'],
]);

const REMOVES =
  'the previous version may use it: stop using it in this version, and remove it in a contract migration of the next';
const REFUSES = 'the previous version may write what it refuses: a contract migration of the next version';
const IN_BATCHES =
  'it locks every row for as long as it takes: do it in batches from the service, with a mark of how far it is';

/**
 * Why statements are no expansion, that is, not fit for an upgrade under load: the previous version runs on the new schema, and nobody waits
 * for a table.
 *
 * @param {readonly string[]} statements in the order in which a migration runs them
 * @returns {string[]} faults, each with what to do
 */
export function expansionFaults(statements) {
  /** @type {Made} */
  const made = { tables: new Set(), columns: new Set() };
  return statements.flatMap((sql) =>
    (parseSync(sql).stmts ?? []).flatMap(({ stmt }) => {
      const [[kind, node] = ['', {}]] = Object.entries(/** @type {Node} */ (stmt));
      return statementFaults(kind, node, made);
    }),
  );
}

/** @type {(kind: string, node: Node, made: Made) => string[]} */
function statementFaults(kind, node, made) {
  const table = node['relation']?.relname;
  if (ADDING.has(kind)) return [];
  switch (kind) {
    case 'CreateStmt':
      made.tables.add(table);
      return [];
    case 'AlterTableStmt':
      return made.tables.has(table)
        ? []
        : node['cmds'].flatMap((/** @type {Node} */ each) => changeFaults(each['AlterTableCmd'], table, made));
    case 'IndexStmt':
      return made.tables.has(table) ? [] : indexFaults(node, table, made);
    case 'InsertStmt':
      return node['selectStmt']?.SelectStmt?.fromClause && !made.tables.has(table)
        ? [`INSERT of a query: ${IN_BATCHES}`]
        : [];
    case 'UpdateStmt':
      return made.tables.has(table) ? [] : [`UPDATE ${table}: ${IN_BATCHES}`];
    case 'DeleteStmt':
      return made.tables.has(table) ? [] : [`DELETE FROM ${table}: ${REMOVES}`];
    case 'AlterEnumStmt':
      return node['oldVal'] === undefined ? [] : [`RENAME VALUE ${node['oldVal']}: ${REMOVES}`];
    case 'DropStmt':
      return [`DROP ${String(node['removeType']).replace('OBJECT_', '')}: ${REMOVES}`];
    case 'RenameStmt':
      return [`RENAME ${node['subname'] ?? table ?? ''}: ${REMOVES}`];
    case 'TruncateStmt':
      return [`TRUNCATE: ${REMOVES}`];
    case 'DoStmt':
      return ['DO: nobody can tell what it does: write the statements'];
    default:
      return [`${kind}: is not known to be an expansion: see expansion.mjs`];
  }
}

/** @type {(change: Node, table: string, made: Made) => string[]} */
function changeFaults(change, table, made) {
  const kind = change['subtype'];
  const at = `${table}${change['name'] ? `.${change['name']}` : ''}`;
  if (HARMLESS.has(kind)) return [];
  switch (kind) {
    case 'AT_AddColumn': {
      const column = change['def'].ColumnDef;
      made.columns.add(`${table}.${column.colname}`);
      return columnFaults(column, table);
    }
    case 'AT_ColumnDefault':
      return change['def'] ? [] : [`DROP DEFAULT of ${at}: the previous version relies on it`];
    case 'AT_AddConstraint': {
      const constraint = change['def'].Constraint;
      return isOfNew(constraint, table, made)
        ? []
        : [`ADD CONSTRAINT ${constraint.conname ?? ''} on ${table}: ${REFUSES}`];
    }
    case 'AT_SetNotNull':
      return made.columns.has(at) ? [] : [`SET NOT NULL of ${at}: ${REFUSES}`];
    case 'AT_DropColumn':
    case 'AT_DropConstraint':
      return [`${kind.replace('AT_Drop', 'DROP ').toUpperCase()} ${at}: ${REMOVES}`];
    case 'AT_DropNotNull':
      return [`DROP NOT NULL of ${at}: the previous version may read null: another column, or the next version`];
    case 'AT_AlterColumnType':
      return [`TYPE of ${at}: it rewrites the table, and the previous version has the former type: add a column`];
    default:
      return [`${kind} of ${at}: is not known to be an expansion: see expansion.mjs`];
  }
}

/** @type {(column: Node, table: string) => string[]} */
function columnFaults(column, table) {
  const at = `ADD COLUMN ${table}.${column['colname']}`;
  const constraints = (column['constraints'] ?? []).map((/** @type {Node} */ each) => each['Constraint']);
  const has = (/** @type {string} */ kind) => constraints.find((/** @type {Node} */ each) => each['contype'] === kind);
  const faults = [];
  const given = has('CONSTR_DEFAULT');
  if (has('CONSTR_NOTNULL') && !given)
    faults.push(`${at}: NOT NULL without DEFAULT: the previous version does not write it`);
  if (given && !isConstant(given.raw_expr))
    faults.push(`${at}: a DEFAULT for each row rewrites the table: add it as null, and fill it in batches`);
  if (has('CONSTR_IDENTITY') || has('CONSTR_GENERATED')) faults.push(`${at}: a generated value rewrites the table`);
  if (has('CONSTR_UNIQUE') || has('CONSTR_PRIMARY'))
    faults.push(`${at}: the index is made under a lock: CREATE UNIQUE INDEX CONCURRENTLY`);
  return faults;
}

/** The value that Postgres keeps once for all rows: no function but the time of the statement. @type {(expression: Node) => boolean} */
function isConstant(expression) {
  const call = expression['FuncCall'];
  if (call) return call.funcname.at(-1)?.String?.sval === 'now';
  if (expression['TypeCast']) return isConstant(expression['TypeCast'].arg);
  return (
    expression['A_Const'] !== undefined ||
    expression['SQLValueFunction'] !== undefined ||
    expression['A_ArrayExpr'] !== undefined
  );
}

/** @type {(index: Node, table: string, made: Made) => string[]} */
function indexFaults(index, table, made) {
  const faults = [];
  if (!index['concurrent']) {
    faults.push(
      `CREATE INDEX ${index['idxname'] ?? ''} on ${table}: writers wait: CONCURRENTLY, in a migration with transaction: false`,
    );
  }
  if (index['unique'] && !isOfNew(index, table, made))
    faults.push(`UNIQUE ${index['idxname'] ?? ''} on ${table}: ${REFUSES}`);
  return faults;
}

/** Whether a constraint or an index speaks of columns only that the migration itself adds. @type {(node: Node, table: string, made: Made) => boolean} */
function isOfNew(node, table, made) {
  const columns = columnsIn(node);
  return columns.length > 0 && columns.every((column) => made.columns.has(`${table}.${column}`));
}

/** Columns of the table itself that a constraint or an index names. @type {(node: unknown) => string[]} */
function columnsIn(node) {
  if (Array.isArray(node)) return node.flatMap(columnsIn);
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    // Columns of another table.
    if (key === 'pk_attrs') return [];
    if (key === 'keys' || key === 'fk_attrs') return value.map((/** @type {Node} */ each) => each['String'].sval);
    if (key === 'IndexElem' && value.name) return [value.name];
    if (key === 'ColumnRef') return [value.fields.at(-1)?.String?.sval ?? ''];
    return columnsIn(value);
  });
}
