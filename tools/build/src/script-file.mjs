import { build } from 'vite';

/** @type {typeof import('./script-file.mjs').scriptFile} */
export function scriptFile(entry, fileName) {
  return {
    name: `perennial:script-file:${fileName}`,
    configureServer({ middlewares }) {
      middlewares.use(`/${fileName}`, (_, reply) => {
        void bundle(entry).then((script) => reply.setHeader('content-type', 'text/javascript').end(script));
      });
    },
    async buildStart() {
      if (this.environment.mode !== 'build') return;
      this.emitFile({ type: 'asset', fileName, source: await bundle(entry) });
    },
  };
}

/**
 * One script without imports.
 *
 * @param {string} entry
 * @returns {Promise<string>}
 */
export async function bundle(entry) {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: { write: false, target: 'es2022', lib: { entry, formats: ['iife'], name: 'script' } },
  });
  const [output] = Array.isArray(built) ? built : [built];
  if (!output || !('output' in output)) throw new Error(`${entry} was not built.`);
  return output.output[0].code;
}
