import { bundle } from './script-file.mjs';

/** The texts of a language, as the page's sources name their module. */
const TEXTS = /\/src\/messages\/([a-z]{2})\.ts$/;

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
        const attrs = { src: bundle ? `/${file}` : '/boot.js', ...Object.fromEntries(texts) };
        return [{ tag: 'script', attrs, injectTo: 'head-prepend' }];
      },
    },
  };
}
