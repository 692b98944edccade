import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, installedProgram, ManagedProcess, waitFor } from '@perennial/local-runtime/servers';
import { parse, stringify } from 'yaml';
import { OBSERVABILITY } from './expressions';

/** A sample as the HTTP API has it. */
export interface Sample {
  metric: Record<string, string>;
  value: [time: number, value: string];
}

interface Configuration {
  global: Record<string, string>;
  alerting?: unknown;
  scrape_configs: Record<string, unknown>[];
}

/** A real Prometheus with our rules, which scrapes these targets every second. */
export class PrometheusServer {
  private constructor(
    readonly process: ManagedProcess,
    private readonly url: string,
  ) {}

  /** @param targets `host:port` of each process's health server */
  static async start(dir: string, targets: readonly string[]): Promise<PrometheusServer> {
    const command = await installedProgram('prometheus', 'prometheus');
    const port = await freePort();
    writeConfiguration(dir, targets);
    const process = new ManagedProcess({
      name: 'prometheus',
      command,
      args: [
        `--config.file=${join(dir, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--enable-feature=exemplar-storage',
        '--log.level=warn',
      ],
      cwd: dir,
    });
    process.start();
    const server = new PrometheusServer(process, `http://127.0.0.1:${port}`);
    await process.waitUntil(async () => (await fetch(`${server.url}/-/ready`)).ok, 'it is ready');
    return server;
  }

  /** The samples of an instant query; throws with Prometheus's message. */
  async query(expr: string): Promise<Sample[]> {
    const { result } = await this.get<{ result: Sample[] }>('query', { query: expr });
    return result;
  }

  /** Waits until each of `count` series has a sample that is younger than this call, by the clock of this machine. */
  async seen(series: string, count: number): Promise<void> {
    const since = Date.now() / 1_000;
    await waitFor(async () => (await this.query(`timestamp(${series}) > ${since}`)).length === count, {
      timeoutMs: 30_000,
      intervalMs: 200,
      what: `Prometheus to have fresh samples of ${series}`,
    });
  }

  /** Targets that were scraped without an error, and the errors of the others. */
  async targets(): Promise<{ up: number; errors: string[] }> {
    const { activeTargets } = await this.get<{ activeTargets: { health: string; lastError: string }[] }>('targets');
    return {
      up: activeTargets.filter(({ health }) => health === 'up').length,
      errors: activeTargets.map(({ lastError }) => lastError).filter((error) => error !== ''),
    };
  }

  /** Rules with the error of their last evaluation, if any. */
  async rules(): Promise<{ name: string; health: string; lastError?: string }[]> {
    const { groups } = await this.get<{
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    }>('rules');
    return groups.flatMap((group) => group.rules);
  }

  /** The trace ids beside the buckets of a histogram. */
  async exemplars(metric: string): Promise<string[]> {
    const now = Date.now() / 1_000;
    const found = await this.get<{ exemplars: { labels: { trace_id: string } }[] }[]>('query_exemplars', {
      query: metric,
      start: String(now - 600),
      end: String(now + 10),
    });
    return found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
  }

  private async get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
    const reply = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(query).toString()}`);
    const body = (await reply.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') throw new Error(`${query['query'] ?? path}: ${body.error}`);
    return body.data;
  }
}

/** Our own file, with targets and intervals for a test. */
function writeConfiguration(dir: string, targets: readonly string[]): void {
  cpSync(join(OBSERVABILITY, 'prometheus/rules'), join(dir, 'rules'), { recursive: true });
  const ours = parse(readFileSync(join(OBSERVABILITY, 'prometheus/prometheus.yml'), 'utf8')) as Configuration;
  const { dns_sd_configs: _, ...scrape } = ours.scrape_configs.find((each) => each['job_name'] === 'perennial') ?? {};
  writeFileSync(
    join(dir, 'prometheus.yml'),
    stringify({
      ...ours,
      alerting: undefined,
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      scrape_configs: [{ ...scrape, static_configs: [{ targets }] }],
    }),
  );
}
