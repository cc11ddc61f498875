import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const startMsMax = 20_000;

async function freePorts(count: number): Promise<readonly number[]> {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(listeners.map((listener) => once(listener, 'listening')));
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port);
  await Promise.all(listeners.map((listener) => once(listener.close(), 'close')));
  return ports;
}

/** One member of a real etcd, for tests: its process can be killed, stopped and started again over the same data. */
export class EtcdMember {
  readonly name: string;
  readonly endpoint: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  constructor(name: string, endpoint: string, args: readonly string[]) {
    this.name = name;
    this.endpoint = endpoint;
    this.#args = args;
  }

  start(): void {
    this.#process = spawn('etcd', this.#args, { stdio: 'ignore' });
    // A machine without etcd is found out by waiting for it in vain.
    this.#process.on('error', () => {});
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

/** A cluster of real etcd members on loopback, with its data in a temporary folder. */
export class EtcdCluster implements AsyncDisposable {
  readonly members: readonly EtcdMember[];
  readonly #folder: string;

  private constructor(members: readonly EtcdMember[], folder: string) {
    this.members = members;
    this.#folder = folder;
  }

  /** Starts the members and waits until they answer. Throws with what to install when there is no etcd on this machine. */
  static async start({ members: count = 1, flags = [] as readonly string[] } = {}): Promise<EtcdCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'tdc-etcd-'));
    const ports = await freePorts(2 * count);
    const urls = Array.from({ length: count }, (_, i) => ({
      client: `http://127.0.0.1:${ports[2 * i]}`,
      peer: `http://127.0.0.1:${ports[2 * i + 1]}`,
    }));
    const all = urls.map(({ peer }, i) => `m${i}=${peer}`).join(',');
    const members = urls.map(
      ({ client, peer }, i) =>
        new EtcdMember(`m${i}`, client, [
          ...['--name', `m${i}`, '--data-dir', join(folder, `m${i}`), '--logger', 'zap', '--log-level', 'error'],
          ...['--listen-client-urls', client, '--advertise-client-urls', client],
          ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', all],
          ...flags,
        ]),
    );
    const cluster = new EtcdCluster(members, folder);
    for (const member of members) member.start();
    await cluster.healthy();
    return cluster;
  }

  get endpoints(): readonly string[] {
    return this.members.map(({ endpoint }) => endpoint);
  }

  /** Runs etcdctl against all members; returns what it prints. */
  ctl(...args: readonly string[]): string {
    return execFileSync('etcdctl', ['--endpoints', this.endpoints.join(','), ...args], {
      encoding: 'utf8',
      env: { ...process.env, ETCDCTL_API: '3' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Waits until a majority answers. */
  async healthy(): Promise<void> {
    const startedMs = performance.now();
    for (;;) {
      try {
        this.ctl('get', 'a-key', '--command-timeout', '1s');
        return;
      } catch (error) {
        if (performance.now() - startedMs > startMsMax) {
          throw new Error("etcd does not start: install Debian's etcd-server and etcd-client", { cause: error });
        }
        await wait(100);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
