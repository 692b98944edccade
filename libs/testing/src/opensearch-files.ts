import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE_DIR, installedProgram, runToEnd, ServerUnavailable } from '@perennial/local-runtime/servers';

const VERSION = '2.19.1';

/** Without its own dependencies: it is a zip that has them. */
const KNN = `<dependency>
  <groupId>org.opensearch.plugin</groupId><artifactId>opensearch-knn</artifactId><version>${VERSION}.0</version><type>zip</type>
  <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
</dependency>`;

const PACKAGES = [
  ['org.opensearch', 'opensearch', VERSION],
  ['org.opensearch', 'opensearch-plugin-classloader', VERSION],
  ['org.apache.logging.log4j', 'log4j-core', '2.21.0'],
  ['org.opensearch.plugin', 'transport-netty4-client', VERSION],
  ['org.opensearch.plugin', 'lang-painless', VERSION],
  ['org.opensearch.plugin', 'reindex-client', VERSION],
];

/** A part of the server that it loads apart, as in its distribution. The packages have neither the descriptors nor the policies. */
interface Module {
  name: string;
  /** Which files are its own; those of no module are the server's. */
  jars: RegExp;
  className: string;
  /** What its code may do, in the language of Java's policies. */
  permissions: readonly string[];
}

const MODULES: readonly Module[] = [
  {
    name: 'transport-netty4',
    jars: /^(netty-|transport-netty4)/,
    className: 'org.opensearch.transport.Netty4Plugin',
    permissions: [
      'java.io.FilePermission "/proc/sys/net/core/somaxconn", "read"',
      'java.net.SocketPermission "*", "accept,connect"',
      'java.util.PropertyPermission "sun.nio.ch.bugLevel", "write"',
    ],
  },
  {
    name: 'lang-painless',
    jars: /^(antlr4|asm|lang-painless|opensearch-scripting-painless)/,
    className: 'org.opensearch.painless.PainlessPlugin',
    permissions: ['java.lang.RuntimePermission "createClassLoader"', 'java.lang.RuntimePermission "getClassLoader"'],
  },
  {
    name: 'reindex',
    jars: /^(reindex-client|http|commons-|opensearch-(rest-client|ssl-config))/,
    className: 'org.opensearch.index.reindex.ReindexPlugin',
    permissions: [],
  },
];

/**
 * The home of an OpenSearch with its k-NN plugin (Lucene's graph only: the package has no native libraries), put together from packages of
 * Maven Central once into `cacheDir`: `lib`, `modules`, `plugins`.
 *
 * @throws ServerUnavailable
 */
export async function openSearchFiles(cacheDir = CACHE_DIR): Promise<string> {
  const directory = join(cacheDir, `opensearch-${VERSION}`);
  if (await exists(directory)) return directory;
  const maven = await installedProgram('mvn', 'maven');
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, '.opensearch-'));
  try {
    await fetchPackages(maven, work);
    for (const module of MODULES) await makeModule(work, module);
    await rename(work, directory).catch(async (error: unknown) => {
      // Another process was faster.
      if (!(await exists(directory))) throw error;
    });
    return directory;
  } catch (cause) {
    throw new ServerUnavailable(`the packages of OpenSearch ${VERSION} could not be fetched by Maven`, { cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchPackages(command: string, work: string): Promise<void> {
  const project = join(work, 'pom.xml');
  const wanted = PACKAGES.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  await writeFile(
    project,
    `<project><modelVersion>4.0.0</modelVersion><groupId>perennial</groupId><artifactId>files</artifactId><version>1</version>
<dependencies>${[...wanted, KNN].join('\n')}</dependencies></project>`,
  );
  const maven = (...args: string[]) =>
    runToEnd({ name: 'maven', command, args: ['-q', '-B', '-f', project, ...args], cwd: work });
  const only = ['-DincludeScope=runtime', `-DoutputDirectory=${join(work, 'lib')}`];
  await maven('dependency:copy-dependencies', ...only, '-DexcludeTypes=zip');
  const plugin = join(work, 'plugins', 'opensearch-knn');
  await maven('dependency:unpack-dependencies', '-DincludeTypes=zip', `-DoutputDirectory=${plugin}`);
  for (const left of [project, join(work, 'target')]) await rm(left, { recursive: true });
}

async function makeModule(home: string, { name, jars, className, permissions }: Module): Promise<void> {
  const directory = join(home, 'modules', name);
  await mkdir(directory, { recursive: true });
  const own = (await readdir(join(home, 'lib'))).filter((file) => jars.test(file));
  for (const file of own) await rename(join(home, 'lib', file), join(directory, file));
  const descriptor = {
    ...{ name, description: name, version: VERSION, classname: className, 'opensearch.version': VERSION },
    ...{ 'java.version': '11', 'extended.plugins': '', 'has.native.controller': 'false', 'custom.foldername': '' },
  };
  const lines = Object.entries(descriptor).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(join(directory, 'plugin-descriptor.properties'), lines.join(''));
  const granted = permissions.map((permission) => `  permission ${permission};\n`);
  await writeFile(join(directory, 'plugin-security.policy'), `grant {\n${granted.join('')}};\n`);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
