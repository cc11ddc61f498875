/** Makes sure that the programs which the tests run are there: from Debian's packages where it may, in words where not. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const requirements = [
  { program: 'mkfs.ext4', package: 'e2fsprogs', for: 'the full-disk test' },
  { program: 'mount', package: 'mount', for: 'the full-disk test' },
  { program: 'etcd', package: 'etcd-server', for: 'the tests of the repository in etcd' },
  { program: 'etcdctl', package: 'etcd-client', for: 'the tests of the repository in etcd' },
  { program: 'bridge', package: 'iproute2', for: 'the tests that cut servers off' },
  { program: 'sqlite3', package: 'sqlite3', for: 'the tests of CSV' },
  { program: 'openssl', package: 'openssl', for: 'the TLS tests' },
  { program: 'faketime', package: 'faketime', for: 'the clock tests' },
  { program: 'unshare', package: 'util-linux', for: 'the clock tests' },
  { program: 'script', package: 'bsdutils', for: 'the tests on a terminal' },
  { program: 'prometheus', package: 'prometheus', for: 'the tests of metrics and alert rules' },
  { program: 'bash', package: 'bash', for: 'the shell completion test' },
  { program: 'systemd-notify', package: 'systemd', for: 'the tests of what systemd is told' },
  { program: 'chromium', package: 'chromium', for: 'the tests of the console' },
  { program: 'perl', package: 'perl-base', for: 'the tests of what systemd is told' },
] as const;

const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];

function isInstalled(program: string): boolean {
  return directories.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(command: string, args: readonly string[]): boolean {
  return (
    spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
      .status === 0
  );
}

const missing = requirements.filter(({ program }) => !isInstalled(program));
if (missing.length > 0) {
  const packages = [...new Set(missing.map((requirement) => requirement.package))];
  const mayInstall = process.getuid?.() === 0 && isInstalled('apt-get');
  const installed =
    mayInstall &&
    run('apt-get', ['update']) &&
    run('apt-get', ['install', '-y', '--no-install-recommends', ...packages]);
  if (!installed) {
    for (const { program, for: purpose } of missing) console.error(`missing: ${program}, for ${purpose}`);
    console.error(`Install what is missing and run the tests again: sudo apt-get install ${packages.join(' ')}`);
    process.exit(2);
  }
}
