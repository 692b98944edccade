import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { startQuotingModel } from './quoting-model';

export interface DocumentsSystem {
  /** The embedder. */
  simulator: Simulator;
  system: RunningSystem;
  stop(): Promise<void>;
}

/** An installation with the simulator as embedder, and a chat model that quotes its documents. */
export async function launchDocumentsSystem(): Promise<DocumentsSystem> {
  const [simulator, model] = await Promise.all([startSimulator({ port: 0 }), startQuotingModel()]);
  const system = await launchSystem({
    env: {
      OPENAI_API_BASE_URLS: model.url,
      OPENAI_API_KEYS: 'quoting',
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: 'sim-embed',
      RAG_OPENAI_API_BASE_URL: `${simulator.url}/v1`,
      RAG_OPENAI_API_KEY: 'simulated',
    },
  });
  return {
    simulator,
    system,
    async stop() {
      await system.stop();
      await Promise.all([simulator.close(), model.close()]);
    },
  };
}
