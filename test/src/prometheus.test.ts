import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { makeKeyFile, startAgent } from './harness/agent.ts';
import { putDetectors } from './harness/rpc.ts';
import { startServer } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

const run = promisify(execFile);
const deployed = (name: string): string => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url));
const rules = deployed('prometheus/tdc.rules.yaml');
const road = {
  detectors: [
    { id: 'D1', x: 0, y: 0 },
    { id: 'D2', x: 900, y: 0 },
  ],
  links: [{ from: 'D1', to: 'D2', max_seconds: 900 }],
};

interface Target {
  readonly labels: { readonly job: string };
  readonly health: string;
  readonly lastError: string;
}

/** Debian's Prometheus, on a port of its choice. */
async function startPrometheus(directory: string, targets: Readonly<Record<string, string>>) {
  const config = join(directory, 'prometheus.yaml');
  const jobs = Object.entries(targets).map(([job, target]) => ({
    job_name: job,
    static_configs: [{ targets: [target] }],
  }));
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rules],
      scrape_configs: jobs,
    }),
  );
  const child: ChildProcess = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'tsdb')}`,
      '--web.listen-address=127.0.0.1:0',
      '--log.format=json',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = once(child, 'exit');
  const address = await until('Prometheus listens', async () =>
    log.includes('ready to receive') ? /"address":"(127\.0\.0\.1:[1-9]\d*)"/.exec(log)?.[1] : undefined,
  );
  return {
    /** What the API answers. */
    async api<Data>(path: string): Promise<Data> {
      const answer = (await (await fetch(`http://${address}/api/v1/${path}`)).json()) as { data: Data };
      return answer.data;
    },
    /** The value of an expression that gives one; undefined while it gives none. */
    async value(expression: string): Promise<number | undefined> {
      const { result } = await this.api<{ result: { value: [number, string] }[] }>(
        `query?query=${encodeURIComponent(expression)}`,
      );
      return result[0] && Number(result[0].value[1]);
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Rejects with what promtool does not like in the names, helps and values that a program gives. */
async function checkMetrics(target: string): Promise<void> {
  const checking = run('promtool', ['check', 'metrics']);
  checking.child.stdin?.end(await (await fetch(`http://${target}/metrics`)).text());
  await checking;
}

test('promtool finds no fault in the rules, and each fires and rests when it should', async () => {
  expect((await run('promtool', ['check', 'rules', '--lint-fatal', rules])).stdout).toContain('SUCCESS');
  expect((await run('promtool', ['test', 'rules', deployed('prometheus/tdc.rules.test.yaml')])).stdout).toContain(
    'SUCCESS',
  );
});

test('Prometheus scrapes server and agent, in whose metrics promtool finds no fault, finds in them every metric that rules and dashboard ask for, and sees an agent end', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'road.json'), JSON.stringify(road));
  await using server = await startServer(directory.path);
  await putDetectors(server.collector, ['D1', 'D2']);
  const keyFile = await makeKeyFile(directory.path, Date.now());
  const place = { directory: directory.path, detectorId: 'D1', keyFile, collector: server.collector };
  const flags = [
    '--clock-trust',
    '--scanners',
    'simulated',
    '--simulation-network-file',
    'road.json',
    '--metrics-address',
    '127.0.0.1:0',
  ];
  await using agent = startAgent(place, ['run'], ['--log-level', 'info', ...flags]);
  const { address } = await agent.jsonLine('the address for Prometheus', ({ msg }) => msg === 'answers Prometheus');
  await using prometheus = await startPrometheus(directory.path, {
    'tdc-server': server.http,
    'tdc-agent': String(address),
  });

  await until('both scraped', async () => {
    const { activeTargets } = await prometheus.api<{ activeTargets: Target[] }>('targets');
    return activeTargets.length === 2 && activeTargets.every(({ health }) => health === 'up') ? true : undefined;
  });
  expect(await until('a connected agent', () => prometheus.value('tdc_agent_collector_connected == 1'))).toBe(1);
  expect(await until('its status at the server', () => prometheus.value('tdc_detectors{state="ok"} == 1'))).toBe(1);

  for (const target of [server.http, String(address)]) await checkMetrics(target);

  const asked = [rules, deployed('grafana/tdc.json')].map(
    async (file) => (await readFile(file, 'utf8')).match(/tdc_[a-z_]+/g) ?? [],
  );
  // What a machine such as this one tells of itself is little.
  const names = (await Promise.all(asked)).flat().filter((name) => !name.startsWith('tdc_machine_'));
  await until('all that is asked for', async () => {
    const known = await prometheus.api<string[]>('label/__name__/values');
    const missing = names.filter((name) => !known.includes(name));
    return missing.length === 0 ? true : undefined;
  });

  const evaluated = await until('all rules evaluated', async () => {
    const { groups } = await prometheus.api<{ groups: { rules: { name: string; health: string }[] }[] }>('rules');
    const all = groups.flatMap((group) => group.rules);
    return all.length > 15 && all.every(({ health }) => health !== 'unknown') ? all : undefined;
  });
  expect(evaluated.filter(({ health }) => health !== 'ok')).toEqual([]);

  agent.kill('SIGTERM');
  await until('an agent that is down', () => prometheus.value('up{job="tdc-agent"} == 0'));
  await until('an alert that is pending', () =>
    prometheus.value('ALERTS{alertname="TdcAgentDown", alertstate="pending"}'),
  );
});
