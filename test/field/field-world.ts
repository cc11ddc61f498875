import { join } from 'node:path';
import type { Architecture } from '../../deploy/packages/package-kind.ts';
import { debName, firstVersion } from '../packages/built-packages.ts';
import { PackageRepository } from '../packages/package-repository.ts';
import { BluetoothAdapter } from '../radio/bluetooth-adapter.ts';
import { hostAddress } from '../radio/qemu.ts';
import { type EnrollingNetwork, startEnrollingNetwork } from '../src/harness/enrolling-network.ts';
import { TcpProxy } from '../src/harness/tcp-proxy.ts';
import { temporaryDirectory } from '../src/harness/temporary-directory.ts';
import { FieldBox } from './field-box.ts';
import { bootFieldMachine } from './field-machine.ts';
import { serveFiles } from './file-server.ts';

const debs = join(import.meta.dirname, '../../node_modules/.cache/tdc-field/debs');
/** Names by which the box knows the test's machine. */
const centreName = 'centre.example.org';
const packagesName = 'packages.example.org';
const releaseKey = 'release@tdc.invalid';

/** What is behind the box's network: a centre over TLS, and who hands packages out. And the box itself, just out of its packaging. */
export interface FieldWorld extends AsyncDisposable {
  readonly box: FieldBox;
  readonly network: EnrollingNetwork;
  /** Where the box reaches the collector. */
  readonly collector: string;
  /** Where the box reaches the packages. */
  readonly packages: string;
  /** Folder that the box reads at /mnt. */
  readonly shared: string;
  publish(version: string): void;
  /** The collector is away for the box, or back. */
  leave(): void;
  comeBack(): void;
  /** The box's adapter, until its power is cut. */
  plugIn(): Promise<BluetoothAdapter>;
}

export async function fieldWorld(architecture: Architecture): Promise<FieldWorld> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory());
  const network = stack.use(await startEnrollingNetwork(path, { detectorIds: ['D1', 'D2'], names: [centreName] }));
  const proxy = stack.use(await TcpProxy.start(network.collector));
  const repository = stack.use(new PackageRepository(join(path, 'repository')));
  repository.makeKey(releaseKey);
  const publish = (version: string) =>
    repository.publish(releaseKey, join(debs, debName('tdc-agent', version, architecture)));
  publish(firstVersion);
  repository.exportKey(releaseKey, join(repository.folder, 'tdc.asc'));
  const files = stack.use(await serveFiles(repository.folder));
  const machine = stack.use(await bootFieldMachine({ architecture, shared: repository.folder }));
  await machine.shell(`echo '${hostAddress} ${centreName} ${packagesName}' >>/etc/hosts`);
  const all = stack.move();
  return {
    box: new FieldBox(machine),
    network,
    collector: `${centreName}:${proxy.address.split(':')[1]}`,
    packages: `http://${packagesName}:${files.port}`,
    shared: repository.folder,
    publish,
    leave: () => proxy.leave(),
    comeBack: () => {
      proxy.target = network.collector;
    },
    plugIn: () => BluetoothAdapter.plugIn(machine),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
