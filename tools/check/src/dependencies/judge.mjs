/**
 * Compares what a workspace lists with what its sources need.
 *
 * @param {import('./workspaces.mjs').Manifest} manifest
 * @param {import('./needs.mjs').Needs} needs
 * @param {{ tools: ReadonlySet<string>, peersOf: (name: string) => readonly string[] }} context `tools` are the root's
 * `devDependencies`, which any test and tool may use; `peersOf` gives the packages that one expects beside itself
 * @returns {string[]} one line for each fault
 */
export function judge(manifest, needs, { tools, peersOf }) {
  const listed = Object.keys(manifest.dependencies ?? {});
  const developing = Object.keys(manifest.devDependencies ?? {});
  /** @type {string[]} */
  const faults = [];
  const fault = (/** @type {string} */ text) => faults.push(`${manifest.name}: ${text}`);
  for (const name of needs.run) {
    if (listed.includes(name) || (!needs.shipped && (tools.has(name) || developing.includes(name)))) continue;
    fault(`${name} is imported, but is not in its dependencies`);
  }
  for (const name of needs.develop) {
    if (name.startsWith('@perennial/') || tools.has(name) || listed.includes(name) || developing.includes(name))
      continue;
    fault(`${name} is imported by a test or for its types, but is not in its devDependencies`);
  }
  const peers = new Set(listed.flatMap((name) => [...peersOf(name)]));
  for (const name of listed) {
    if (needs.run.has(name) || peers.has(name) || (!needs.shipped && needs.develop.has(name))) continue;
    fault(`${name} is in its dependencies, but nothing that runs imports it`);
  }
  for (const name of developing) {
    if (listed.includes(name)) fault(`${name} is listed twice`);
    else if (!needs.develop.has(name) && !(!needs.shipped && needs.run.has(name)))
      fault(`${name} is in its devDependencies, but nothing imports it`);
  }
  return faults;
}

/**
 * One version of each package in the whole repository, and pinned: what is tested is what is shipped.
 *
 * @param {readonly import('./workspaces.mjs').Manifest[]} manifests
 * @returns {string[]}
 */
export function judgeVersions(manifests) {
  /** @type {Map<string, string>} */
  const versions = new Map();
  /** @type {string[]} */
  const faults = [];
  for (const { name: owner, dependencies = {}, devDependencies = {} } of manifests) {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      if (name.startsWith('@perennial/')) continue;
      if (!/^\d/.test(version)) faults.push(`${owner}: ${name} is ${version}; it has to be an exact version`);
      const other = versions.get(name) ?? version;
      if (other !== version) faults.push(`${owner}: ${name} is ${version} here and ${other} elsewhere`);
      versions.set(name, version);
    }
  }
  return faults;
}
