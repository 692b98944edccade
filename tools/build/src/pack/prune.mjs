/**
 * One entry of a `package-lock.json`.
 *
 * @typedef {object} Entry
 * @property {string} [version]
 * @property {string} [resolved]
 * @property {boolean} [link]
 * @property {boolean} [dev]
 * @property {boolean} [peer]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional]
 * @property {string} [license]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, { optional?: boolean }>} [peerDependenciesMeta]
 */

/**
 * The part of a lockfile that some packages need: they and what they depend on, each as the whole repository has it.
 *
 * @param {Record<string, Entry>} packages of the repository's lockfile
 * @param {Iterable<string>} names the packages, found from the root or below `workspace`
 * @param {string} [workspace] its own `node_modules` come first
 * @returns {{ entries: Record<string, Entry>, missing: string[] }} entries as an own lockfile has them, and packages that nobody locked
 */
export function prune(packages, names, workspace = '') {
  /** @type {Map<string, { optional: boolean, peer: boolean }>} how a place is reached: false beats true */
  const reached = new Map();
  /** @type {string[]} */
  const missing = [];
  /** @type {(from: string, name: string, how: { optional: boolean, peer: boolean }) => void} */
  const visit = (from, name, how) => {
    const place = find(packages, from, name);
    if (place === undefined) {
      if (!how.optional && !how.peer) missing.push(name);
      return;
    }
    const before = reached.get(place);
    const now = { optional: how.optional && (before?.optional ?? true), peer: how.peer && (before?.peer ?? true) };
    if (before !== undefined && before.optional === now.optional && before.peer === now.peer) return;
    reached.set(place, now);
    const entry = target(packages, place);
    const optional = Object.keys(entry.optionalDependencies ?? {});
    for (const dependency of Object.keys(entry.dependencies ?? {})) visit(place, dependency, now);
    for (const dependency of optional) visit(place, dependency, { ...now, optional: true });
    for (const dependency of Object.keys(entry.peerDependencies ?? {})) {
      if (entry.peerDependenciesMeta?.[dependency]?.optional) continue;
      visit(place, dependency, { ...now, peer: true });
    }
  };
  for (const name of names) visit(workspace, name, { optional: false, peer: false });
  /** @type {Record<string, Entry>} */
  const entries = {};
  for (const [place, { optional, peer }] of [...reached].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const entry = { ...packages[place] };
    for (const mark of /** @type {const} */ (['dev', 'peer', 'optional', 'devOptional'])) delete entry[mark];
    // A registry may lack the builds for other platforms. A lockfile that names them without having them is refused by npm ci.
    if (entry.optionalDependencies !== undefined) {
      const locked = Object.entries(entry.optionalDependencies).filter(([name]) => find(packages, place, name));
      entry.optionalDependencies = Object.fromEntries(locked);
    }
    const own = workspace !== '' && place.startsWith(`${workspace}/`) ? place.slice(workspace.length + 1) : place;
    entries[own] = { ...entry, ...(optional && { optional }), ...(peer && { peer }) };
    if (entry.link && entry.resolved !== undefined) entries[entry.resolved] = target(packages, place);
  }
  return { entries, missing };
}

/**
 * Where Node finds `name` from a place of the tree.
 *
 * @param {Record<string, Entry>} packages
 * @param {string} from a place such as `node_modules/a/node_modules/b`, a workspace, or '' for the root
 * @param {string} name
 * @returns {string | undefined}
 */
function find(packages, from, name) {
  for (let folder = from; ; folder = parent(folder)) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[place]) return place;
    if (folder === '') return undefined;
  }
}

/** @param {string} folder */
function parent(folder) {
  const at = folder.lastIndexOf('/node_modules/');
  return at < 0 ? '' : folder.slice(0, at);
}

/**
 * @param {Record<string, Entry>} packages
 * @param {string} place
 * @returns {Entry} of the package itself where the place is a link
 */
function target(packages, place) {
  const entry = packages[place] ?? {};
  return (entry.link && entry.resolved !== undefined && packages[entry.resolved]) || entry;
}
