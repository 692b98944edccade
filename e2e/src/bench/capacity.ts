import { launchSystem, ROOT } from '@perennial/launcher';
import { keepResult } from '@perennial/testing/servers';
import { addUsers, signUpAdmin } from '../support/accounts';
import { CapacityBench, MODELS } from './capacity-bench';
import { print, round, rounded } from './cost';
import { total } from './meters';
import { startSimulatorProcess } from './simulator-process';

// `npm run bench:capacity`: measures what each kind of work costs, keeps it for `npm run capacity`, and then compares a mixed load with what
// these costs predict.

const simulator = await startSimulatorProcess(MODELS);
try {
  const system = await launchSystem({
    env: {
      OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
      OPENAI_API_KEYS: 'simulated',
      MAX_QUEUED_RUNS: '5000',
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: 'sim-embed',
      RAG_OPENAI_API_BASE_URL: `${simulator.url}/v1`,
      RAG_OPENAI_API_KEY: 'simulated',
    },
  });
  try {
    const admin = await signUpAdmin(system.baseUrl);
    const users = await addUsers(system.baseUrl, admin, CapacityBench.USERS);
    const bench = await CapacityBench.open(system, users);
    const costs = await bench.costs();
    const { predicted, measured } = await bench.mixed(costs);
    const ratio = round(total(predicted) / total(measured), 2);
    print('mixed load, CPU-seconds predicted', rounded(predicted));
    print('mixed load, CPU-seconds measured', rounded(measured));
    keepResult(ROOT, 'capacity', {
      costs,
      mixed: { predicted: rounded(predicted), measured: rounded(measured) },
      figures: { predicted_to_measured: ratio },
    });
    console.log(JSON.stringify({ predicted_to_measured: ratio }));
    await bench.close();
  } finally {
    await system.stop();
  }
} finally {
  await simulator.process.stop();
}
