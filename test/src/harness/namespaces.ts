import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const networksMax = 255;
const placesMax = 200;
const devicesFolder = '/sys/class/net';
const namespacesFolder = '/run/netns';

interface Place {
  readonly address: string;
  readonly mac: string;
  readonly namespace: string;
  /** The end of its cable that is at the bridge. */
  readonly port: string;
}

/**
 * A network of its own on this machine: a bridge, which this process is at as well, and for each name a network namespace with an
 * address from RFC 2544's range for tests. Programs in a namespace can be cut off from everybody else. Linux, as root.
 */
export class Namespaces implements Disposable {
  readonly #bridge: string;
  readonly #places: ReadonlyMap<string, Place>;

  private constructor(number: number, names: readonly string[]) {
    this.#bridge = bridgeOf(number);
    this.#places = new Map(names.map((name, index) => [name, placeOf(number, index)]));
  }

  static create(names: readonly string[]): Namespaces {
    if (names.length > placesMax) throw new Error(`${names.length} namespaces: expected at most ${placesMax}`);
    removeAbandoned();
    const number = takeNumber();
    const namespaces = new Namespaces(number, names);
    try {
      namespaces.#connect(number);
      return namespaces;
    } catch (error) {
      namespaces[Symbol.dispose]();
      throw error;
    }
  }

  addressOf(name: string): string {
    return this.#place(name).address;
  }

  /** What runs a program in the namespace when it stands before it. The process is the program's own: signals reach it. */
  command(name: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#place(name).namespace];
  }

  /** From now on everything that it sends, and that is sent to it, vanishes; its network card stays up and nobody is told. */
  cutOff(name: string): void {
    run('bridge', 'link', 'set', 'dev', this.#place(name).port, 'state', 'disabled');
  }

  rejoin(name: string): void {
    run('bridge', 'link', 'set', 'dev', this.#place(name).port, 'state', 'forwarding');
  }

  [Symbol.dispose](): void {
    remove(this.#bridge);
  }

  #place(name: string): Place {
    const place = this.#places.get(name);
    if (place === undefined) throw new Error(`no namespace ${name}: there are ${[...this.#places.keys()].join(', ')}`);
    return place;
  }

  #connect(number: number): void {
    const here = { address: addressOf(number, 1), mac: macOf(number, 1) };
    run('ip', 'link', 'set', this.#bridge, 'alias', `${process.pid}`, 'address', here.mac, 'up');
    run('ip', 'address', 'add', `${here.address}/24`, 'dev', this.#bridge);
    const places = [...this.#places.values()];
    for (const { address, mac, namespace, port } of places) {
      run('ip', 'netns', 'add', namespace);
      const peer = ['peer', 'name', 'eth0', 'address', mac, 'netns', namespace];
      run('ip', 'link', 'add', port, 'type', 'veth', ...peer);
      run('ip', 'link', 'set', port, 'master', this.#bridge, 'up');
      run('ip', '-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
      for (const device of ['lo', 'eth0']) run('ip', '-n', namespace, 'link', 'set', device, 'up');
    }
    // Who had to ask for the hardware address of somebody cut off would be told after three seconds that there is no such host.
    for (const { address, mac, namespace } of places) {
      addNeighbour([], this.#bridge, { address, mac });
      for (const other of [here, ...places]) addNeighbour(['-n', namespace], 'eth0', other);
    }
  }
}

// Names of devices have at most 15 characters.
const bridgeOf = (number: number): string => `tdc-${number}`;
const placeOf = (number: number, index: number): Place => ({
  address: addressOf(number, index + 2),
  mac: macOf(number, index + 2),
  namespace: `tdc-${number}-${index}`,
  port: `tdc-${number}-${index}`,
});
const addressOf = (number: number, host: number): string => `198.18.${number}.${host}`;
/** A locally administered one. */
const macOf = (number: number, host: number): string =>
  ['02', '00', 'c6', '12', ...[number, host].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');

/** Makes the first bridge that nobody has yet: whoever makes it has its number. */
function takeNumber(): number {
  for (let tried = 0; ; tried++) {
    const number = (process.pid + tried) % networksMax;
    try {
      run('ip', 'link', 'add', bridgeOf(number), 'type', 'bridge', 'forward_delay', '0');
      return number;
    } catch (error) {
      if (!String(error).includes('File exists') || tried === networksMax) throw error;
    }
  }
}

/** What runs have left behind that were killed: each bridge names its process. */
function removeAbandoned(): void {
  for (const bridge of readdirSync(devicesFolder).filter((name) => /^tdc-\d+$/.test(name))) {
    const owner = Number(readFileSync(`${devicesFolder}/${bridge}/ifalias`, 'utf8'));
    if (owner > 0 && !existsSync(`/proc/${owner}`)) remove(bridge);
  }
}

/** The bridge and all that belongs to it, as far as it was made. */
function remove(bridge: string): void {
  const isOfBridge = (name: string) => name.startsWith(`${bridge}-`);
  for (const port of readdirSync(devicesFolder).filter(isOfBridge)) tryTo('ip', 'link', 'delete', port);
  const namespaces = existsSync(namespacesFolder) ? readdirSync(namespacesFolder) : [];
  for (const namespace of namespaces.filter(isOfBridge)) tryTo('ip', 'netns', 'delete', namespace);
  tryTo('ip', 'link', 'delete', bridge);
}

function addNeighbour(
  where: readonly string[],
  device: string,
  { address, mac }: Pick<Place, 'address' | 'mac'>,
): void {
  run('ip', ...where, 'neigh', 'replace', address, 'lladdr', mac, 'dev', device, 'nud', 'permanent');
}

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
}

function tryTo(program: string, ...args: readonly string[]): void {
  try {
    run(program, ...args);
  } catch {
    // Somebody else has removed it.
  }
}
