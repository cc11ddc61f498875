import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Certificate, CertificateAuthority } from './certificate-authority.ts';
import { EtcdMember } from './etcd-member.ts';

const startMsMax = 20_000;

async function freePorts(count: number): Promise<readonly number[]> {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(listeners.map((listener) => once(listener, 'listening')));
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port);
  await Promise.all(listeners.map((listener) => once(listener.close(), 'close')));
  return ports;
}

/** Where a member runs: the address that it listens on, and what to put before its command so that it runs there. */
export interface EtcdPlace {
  readonly host: string;
  readonly command: readonly string[];
}

const loopback: EtcdPlace = { host: '127.0.0.1', command: [] };

export interface EtcdClusterOptions {
  readonly members?: number;
  /** Of each member; on loopback by default. */
  readonly places?: readonly EtcdPlace[];
  readonly flags?: readonly string[];
  /** Members that serve https and ask clients for a certificate; on loopback only. */
  readonly tls?: boolean;
}

/** What clients of a cluster with TLS show and trust. */
export interface EtcdClusterTls {
  readonly authority: CertificateAuthority;
  readonly client: Certificate;
}

/** A cluster of real etcd members, with its data in a temporary folder. */
export class EtcdCluster implements AsyncDisposable {
  readonly members: readonly EtcdMember[];
  readonly tls: EtcdClusterTls | undefined;
  readonly #folder: string;

  private constructor(members: readonly EtcdMember[], folder: string, tls: EtcdClusterTls | undefined) {
    this.members = members;
    this.#folder = folder;
    this.tls = tls;
  }

  /** Starts the members and waits until they answer. Throws with what to install when there is no etcd on this machine. */
  static async start(options: EtcdClusterOptions = {}): Promise<EtcdCluster> {
    const { places = Array.from({ length: options.members ?? 1 }, () => loopback), flags = [] } = options;
    const folder = mkdtempSync(join(tmpdir(), 'tdc-etcd-'));
    const authority = options.tls === true ? new CertificateAuthority(join(folder, 'tls'), 'ours') : undefined;
    const tls = authority === undefined ? undefined : { authority, client: authority.certificate('client') };
    const tlsFlags = authority === undefined ? [] : serverTlsFlags(authority);
    const ports = await freePorts(2 * places.length);
    const urls = places.map(({ host }, i) => ({
      client: `${tls === undefined ? 'http' : 'https'}://${host}:${ports[2 * i]}`,
      peer: `http://${host}:${ports[2 * i + 1]}`,
    }));
    const all = urls.map(({ peer }, i) => `m${i}=${peer}`).join(',');
    const members = urls.map(
      ({ client, peer }, i) =>
        new EtcdMember(`m${i}`, client, [
          ...(places[i]?.command ?? []),
          ...['etcd', '--name', `m${i}`, '--data-dir', join(folder, `m${i}`)],
          ...['--logger', 'zap', '--log-level', 'error'],
          ...['--listen-client-urls', client, '--advertise-client-urls', client],
          ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', all],
          ...tlsFlags,
          ...flags,
        ]),
    );
    const cluster = new EtcdCluster(members, folder, tls);
    for (const member of members) member.start();
    await cluster.healthy();
    return cluster;
  }

  get endpoints(): readonly string[] {
    return this.members.map(({ endpoint }) => endpoint);
  }

  /** Runs etcdctl against all members; returns what it prints. */
  ctl(...args: readonly string[]): string {
    return execFileSync('etcdctl', ['--endpoints', this.endpoints.join(','), ...this.#ctlTlsFlags(), ...args], {
      encoding: 'utf8',
      env: { ...process.env, ETCDCTL_API: '3' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Waits until a majority answers. */
  async healthy(): Promise<void> {
    await this.#ask("etcd does not start: install Debian's etcd-server and etcd-client", () =>
      this.ctl('get', 'a-key', '--command-timeout', '1s'),
    );
  }

  /** Waits until all members answer and have a leader, and gives that. */
  leader(): Promise<EtcdMember> {
    return this.#ask('the members of etcd agree on no leader', () => {
      const printed = this.ctl('endpoint', 'status', '--write-out', 'json', '--command-timeout', '1s');
      const statuses = JSON.parse(printed) as readonly EndpointStatus[];
      const { Endpoint: endpoint } =
        statuses.find(({ Status: { header, leader } }) => header.member_id === leader) ?? {};
      const member = this.members.find((each) => each.endpoint === endpoint);
      if (member === undefined) throw new Error(`no leader in ${printed}`);
      return member;
    });
  }

  async #ask<T>(inVain: string, ask: () => T): Promise<T> {
    const startedMs = performance.now();
    for (;;) {
      try {
        return ask();
      } catch (error) {
        if (performance.now() - startedMs > startMsMax) throw new Error(inVain, { cause: error });
        await wait(100);
      }
    }
  }

  #ctlTlsFlags(): readonly string[] {
    if (this.tls === undefined) return [];
    const { authority, client } = this.tls;
    return ['--cacert', authority.file, '--cert', client.certFile, '--key', client.keyFile];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What is read of `etcdctl endpoint status`. */
interface EndpointStatus {
  readonly Endpoint: string;
  /** Ids have 64 bits: read as numbers they are inexact, and still told apart. */
  readonly Status: { readonly header: { readonly member_id: number }; readonly leader: number };
}

function serverTlsFlags(authority: CertificateAuthority): readonly string[] {
  const { certFile, keyFile } = authority.certificate('server');
  return ['--cert-file', certFile, '--key-file', keyFile, '--client-cert-auth', '--trusted-ca-file', authority.file];
}
