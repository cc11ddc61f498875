import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageNames } from '../../deploy/packages/package-kind.ts';
import { copyBuilt, debName, firstVersion, laterVersion } from './built-packages.ts';
import { DebianRoot } from './debian-root.ts';

let debian: DebianRoot;
beforeAll(() => {
  debian = new DebianRoot();
  copyBuilt(
    debian.exchange,
    ...packageNames.map((name) => debName(name, firstVersion, 'amd64')),
    debName('tdc-agent', laterVersion, 'amd64'),
  );
  const road = join(import.meta.dirname, '../../deploy/demo/road.yaml');
  copyFileSync(road, join(debian.exchange, 'road.yaml'));
});
afterAll(() => debian[Symbol.dispose]());

const deb = (name: string, version: string) => `/exchange/${debName(name, version, 'amd64')}`;
const install = (...files: readonly string[]) =>
  debian.runs(`apt-get install -y --allow-downgrades --no-install-recommends ${files.join(' ')}`);
/** Where things of ours could be left; the rest is dpkg's. */
const listing = () =>
  debian
    .runs(
      'find / -xdev \\( -path /proc -o -path /dev -o -path /exchange -o -path /var/lib/dpkg -o -path /var/log -o -path /var/cache/apt -o -path /var/lib/apt \\) -prune -o -print | sort',
    )
    .split('\n');
const isEnabled = (name: string) =>
  debian.run(`test -L /etc/systemd/system/multi-user.target.wants/${name}.service`).code === 0;

const configuration = `state_dir: /var/lib/tdc-agent
detector: { id: D1 }
scanners: [simulated]
simulation: { network_file: /exchange/road.yaml, vehicles_per_hour: 20000 }
passage: { gap_seconds: 2 }
clock: { trust: true }
`;

/** Server and agent as their packages have them, in a Debian that runs nothing else; ends once the collector has acknowledged events. */
const passAndSend = `
rm -f /tmp/server.log
tdc-server serve >/tmp/server.log 2>&1 & server=$!
until grep -qs '"serving"' /tmp/server.log; do sleep 0.2; kill -0 $server; done
tdc network apply /exchange/road.yaml >/dev/null
tdc-agent run >/tmp/agent.log 2>&1 & agent=$!
until tdc-agent status --output json 2>/dev/null | grep -Eq '"acknowledged": "?[1-9]'; do sleep 1; kill -0 $agent; done
tdc events --detector D1 --from -1h --output ndjson --limit 3
kill $agent; wait $agent
kill $server; wait $server
`;

describe('the packages in a Debian without a network', () => {
  let before: readonly string[];

  test('install, start the server at the next boot, and wait with the agent until it is configured', () => {
    before = listing();
    const said = install(...packageNames.map((name) => deb(name, firstVersion)));
    expect(said).toContain('tdc-agent is not configured yet and was not started: tdc-agent enrol');
    expect(['tdc-server', 'tdc-agent', 'tdc-enrol'].map(isEnabled)).toEqual([true, false, true]);
    const versions = 'for each in tdc-agent tdc-server tdc tdc-custodian; do $each --version; done';
    expect(debian.runs(versions)).toBe('0.1.0\n'.repeat(4));
    expect(debian.runs('stat -c "%U %a %n" /var/lib/tdc-agent /var/lib/tdc-server /etc/tdc/agent-tls')).toBe(
      'tdc-agent 700 /var/lib/tdc-agent\ntdc-server 700 /var/lib/tdc-server\nroot 700 /etc/tdc/agent-tls\n',
    );
  });

  test('look at the box as the service would', () => {
    const { code, output } = debian.run('tdc-agent doctor');
    expect(code, output).toBe(1);
    expect(output).toMatch(/PROBLEM +detector/);
    expect(output).toMatch(/CAP_NET_RAW/);
  });

  test('hear, keep and send, once they are configured', () => {
    writeFileSync(join(debian.exchange, 'agent.yaml'), configuration);
    debian.runs('cp /exchange/agent.yaml /etc/tdc/agent.yaml; tdc-agent key generate; systemctl enable tdc-agent');
    expect(debian.runs('stat -c "%U %a" /var/lib/tdc-agent/key.json')).toBe('tdc-agent 600\n');
    const events = debian.runs(passAndSend);
    expect(
      events
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toContainEqual(expect.objectContaining({ detector_id: 'D1' }));
  }, 300_000);

  test.each([
    ['an upgrade', laterVersion],
    ['a downgrade', firstVersion],
  ])('keep configuration, key and outbox with %s', (_what, version) => {
    const kept = 'cd /; md5sum /etc/tdc/agent.yaml /var/lib/tdc-agent/key.json /var/lib/tdc-agent/outbox.sqlite';
    const state = debian.runs(kept);
    install(deb('tdc-agent', version));
    expect(debian.runs('dpkg -s tdc-agent')).toContain(`Version: ${version}\n`);
    expect(debian.runs('tdc-agent --version')).toBe(`${version}\n`);
    expect(debian.runs(kept)).toBe(state);
    expect(isEnabled('tdc-agent')).toBe(true);
    expect(debian.runs('tdc-agent config check')).toMatch(/detector\.id +D1/);
  });

  test('send what waits after that', () => {
    expect(debian.runs(passAndSend)).toContain('"D1"');
  }, 300_000);

  test('make the custody of a key, which the custodian alone can open', () => {
    const custody = '--folder /root/custody --passphrase-file /root/passphrase';
    debian.runs(`
      (umask 077; echo 'correct horse battery staple' >/root/passphrase)
      tdc-custodian init --network city --time-zone Europe/Berlin ${custody}`);
    expect(debian.runs(`tdc-custodian show ${custody}`)).toContain('city');
    debian.runs('rm -r /root/custody /root/passphrase');
  });

  test('leave state and configuration behind when they are removed, and nothing when they are purged', () => {
    debian.runs('touch /etc/tdc/agent-tls/key.pem; apt-get remove -y tdc-agent tdc-server');
    debian.runs(
      'ls /var/lib/tdc-agent/outbox.sqlite /etc/tdc/agent.yaml /etc/tdc/agent-tls/key.pem /var/lib/tdc-server/tdc.sqlite',
    );
    debian.runs('test ! -e /usr/bin/tdc-agent; test ! -e /usr/lib/tdc-agent; test ! -e /var/cache/tdc-agent');
    debian.runs(`apt-get purge -y ${packageNames.join(' ')}`);
    // What a user's programs have cached in that user's home is not the packages'.
    const isTheirs = (path: string) => path.startsWith('/tmp/') || path.startsWith('/root/.cache');
    const left = listing().filter((path) => !before.includes(path) && !isTheirs(path));
    expect(left).toEqual([]);
  });
});
