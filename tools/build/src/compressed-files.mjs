import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TEXT = /\.(?:js|css|html|svg|json|txt)$/;
/** Smaller files fit into one packet as they are. */
const FROM_BYTES = 1_024;
/** Beyond this the best quality of Brotli takes seconds for 2 % fewer bytes. */
const LARGE_BYTES = 524_288;

/** @type {typeof import('./compressed-files.mjs').compressedFiles} */
export function compressedFiles() {
  return {
    name: 'perennial:compressed-files',
    apply: 'build',
    async writeBundle({ dir }) {
      if (dir === undefined) return;
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      const texts = entries.filter((entry) => entry.isFile() && TEXT.test(entry.name));
      await Promise.all(texts.map(({ parentPath, name }) => compress(join(parentPath, name))));
    },
  };
}

/** @param {string} path */
async function compress(path) {
  const plain = await readFile(path);
  if (plain.length < FROM_BYTES) return;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: plain.length < LARGE_BYTES ? constants.BROTLI_MAX_QUALITY : 9,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  };
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(plain, { params }),
    promisify(gzip)(plain, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  await Promise.all([
    ...(br.length < plain.length ? [writeFile(`${path}.br`, br)] : []),
    ...(gz.length < plain.length ? [writeFile(`${path}.gz`, gz)] : []),
  ]);
}
