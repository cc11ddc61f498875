import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyBuilt, debName, firstVersion } from './built-packages.ts';
import { DebianRoot } from './debian-root.ts';
import { PackageRepository } from './package-repository.ts';

const name = debName('tdc-agent', firstVersion, 'amd64');
const releaseKey = 'release@tdc.invalid';
let debian: DebianRoot;
let repository: PackageRepository;
beforeAll(() => {
  debian = new DebianRoot();
  repository = new PackageRepository(join(debian.exchange, 'repository'));
  for (const key of [releaseKey, 'stranger@tdc.invalid']) repository.makeKey(key);
  copyBuilt(debian.exchange, name);
  publish();
  repository.exportKey(releaseKey, join(debian.exchange, 'tdc.asc'));
});
afterAll(() => {
  repository[Symbol.dispose]();
  debian[Symbol.dispose]();
});

const publish = (key = releaseKey): void => repository.publish(key, join(debian.exchange, name));

const source = 'deb [signed-by=/exchange/tdc.asc] file:/exchange/repository stable main';
/** Debian's own sources are out of reach. */
const apt = (command: string) =>
  debian.run(
    `rm -rf /etc/apt/sources.list /etc/apt/sources.list.d /var/lib/apt/lists/*; mkdir /etc/apt/sources.list.d
     echo '${source}' >/etc/apt/sources.list.d/tdc.list
     chmod -R a+rX /exchange
     apt-get update -o APT::Update::Error-Mode=any && ${command}`,
  );
const installs = 'apt-get install -y --no-install-recommends tdc-agent';

test('apt takes the repository with its key, and installs from it', () => {
  const { code, output } = apt(`${installs} && tdc-agent --version && apt-get purge -y tdc-agent`);
  expect(code, output).toBe(0);
  expect(output).toMatch(/^0\.1\.0$/m);
  const release = readFileSync(join(debian.exchange, 'repository/dists/stable/InRelease'), 'utf8');
  expect(release).toMatch(/^Valid-Until: /m);
  expect(release).toMatch(/^SHA256:$/m);
});

test('apt refuses a package that was changed after it was signed for', () => {
  appendFileSync(join(debian.exchange, 'repository/pool/tdc-agent', name), '!');
  const { code, output } = apt(installs);
  expect(code).not.toBe(0);
  expect(output).toMatch(/Hash Sum mismatch|unexpected size/);
  publish();
});

test('apt refuses a list that was changed after it was signed', () => {
  const list = join(debian.exchange, 'repository/dists/stable/main/binary-amd64/Packages.gz');
  appendFileSync(list, '!');
  writeFileSync(list.replace('.gz', ''), `${readFileSync(list.replace('.gz', ''), 'utf8')}\n`);
  const { code, output } = apt(installs);
  expect(code).not.toBe(0);
  expect(output).toMatch(/Hash Sum mismatch|unexpected size/);
  publish();
});

test('apt refuses the signature of another key', () => {
  publish('stranger@tdc.invalid');
  const { code, output } = apt(installs);
  expect(code).not.toBe(0);
  expect(output).toMatch(/NO_PUBKEY|not signed/);
  publish();
});

test('apt refuses a repository that is not signed', () => {
  const dist = join(debian.exchange, 'repository/dists/stable');
  for (const each of ['InRelease', 'Release.gpg']) rmSync(join(dist, each));
  const { code, output } = apt(installs);
  expect(code).not.toBe(0);
  expect(output).toMatch(/is not signed/);
  publish();
});

test.each([
  [[], /--key is missing/],
  [
    ['--key', 'release@tdc.invalid', '/tmp/other.deb'],
    /\/tmp\/other\.deb: expected tdc-agent or tdc-server or tdc-custodian_VERSION/,
  ],
  [['--key', 'k', '--suite', 'St able'], /--suite St able: expected small letters/],
  [['--key', 'k', '--valid-days', '0'], /--valid-days 0: expected a number of days/],
])('wrong arguments %j are told', (args, words) => {
  const { code, output } = repository.tryToPublish(...args);
  expect(code).toBe(2);
  expect(output).toMatch(words);
});
