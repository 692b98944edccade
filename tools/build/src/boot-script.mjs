import { bundle } from './script-file.mjs';

/** The texts of a language, as the page's sources name their module. */
const TEXTS = /\/src\/messages\/([a-z]{2})\.ts$/;

/** What is for people who are signed in. */
const WORKSPACE = /\/src\/app\/workspace\.tsx$/;

/** What every visitor loads. */
const PAGE = /\/index\.html$/;

/** @type {typeof import('./boot-script.mjs').bootScript} */
export function bootScript(entry) {
  let file = '';
  return {
    name: 'perennial:boot-script',
    configureServer({ middlewares }) {
      middlewares.use('/boot.js', (_, reply) => {
        void bundle(entry).then((script) => reply.setHeader('content-type', 'text/javascript').end(script));
      });
    },
    async buildStart() {
      if (this.environment.mode !== 'build') return;
      file = this.emitFile({ type: 'asset', name: 'boot.js', source: await bundle(entry) });
    },
    generateBundle() {
      if (file !== '') file = this.getFileName(file);
    },
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle, path }) {
        // Other pages of the site have no choices of a person.
        if (path !== '/index.html') return [];
        const texts = Object.values(bundle ?? {}).flatMap((chunk) => {
          const language =
            chunk.type === 'chunk' && chunk.isDynamicEntry && TEXTS.exec(chunk.facadeModuleId ?? '')?.[1];
          return language ? [[`data-${language}`, `/${chunk.fileName}`]] : [];
        });
        const attrs = {
          src: bundle ? `/${file}` : '/boot.js',
          ...Object.fromEntries(texts),
          ...(bundle ? { 'data-workspace': workspaceFiles(bundle).join(' ') } : {}),
        };
        return [{ tag: 'script', attrs, injectTo: 'head-prepend' }];
      },
    },
  };
}

/**
 * The addresses of the workspace's scripts that the page does not load anyway.
 *
 * @param {import('vite').Rollup.OutputBundle} bundle
 */
function workspaceFiles(bundle) {
  const chunks = Object.values(bundle).filter((chunk) => chunk.type === 'chunk');
  /** @param {string[]} names @param {Set<string>} seen */
  const withImports = (names, seen = new Set()) => {
    for (const name of names) {
      if (seen.has(name)) continue;
      seen.add(name);
      withImports(chunks.find(({ fileName }) => fileName === name)?.imports ?? [], seen);
    }
    return seen;
  };
  const namesOf = (/** @type {(chunk: import('vite').Rollup.OutputChunk) => boolean} */ is) =>
    chunks.filter(is).map(({ fileName }) => fileName);
  const before = withImports(namesOf(({ facadeModuleId }) => PAGE.test(facadeModuleId ?? '')));
  const wanted = withImports(namesOf(({ facadeModuleId }) => WORKSPACE.test(facadeModuleId ?? '')));
  return [...wanted].filter((name) => !before.has(name)).map((name) => `/${name}`);
}
