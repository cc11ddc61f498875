import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNetworkFile } from '@tdc/shared/network-file.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClientSubject, startSubject } from './client-subject.ts';
import type { OutputFormat } from './config.ts';
import { links } from './links.ts';
import { networkApply } from './network-apply.ts';
import { networkShow } from './network-show.ts';
import { queryNetwork } from './query-network.ts';

let subject: ClientSubject;
beforeAll(async () => {
  subject = await startSubject();
});
afterAll(() => subject[Symbol.asyncDispose]());

function fileOf(text: string): string {
  const file = join(subject.folder, 'network.yaml');
  writeFileSync(file, text);
  return file;
}

async function apply(
  text: string,
  { output = 'table', ...flags }: { dryRun?: boolean; prune?: boolean; output?: OutputFormat } = {},
): Promise<{ out: string; err: string }> {
  using client = subject.client({ output });
  await networkApply(client.context, { file: fileOf(text), dryRun: false, prune: false, ...flags });
  return { out: client.out(), err: client.err() };
}

async function show(output: OutputFormat, command = networkShow): Promise<string> {
  using client = subject.client({ output });
  await command(client.context);
  return client.out();
}

const first = `
detectors:
  - { id: A, name: Alpha, latitude: 52.5, longitude: 13.4 }
  - { id: B, x: 10.5, y: -3 }
links:
  - { from: A, to: B, max_seconds: 600, length_m: 900.5, free_flow_seconds: 70, estimator: mad }
  - { from: B, to: A, max_seconds: 600 }
routes:
  - { id: there, name: There and back, detectors: [A, B, A] }
`;
const second = `
detectors:
  - { id: A, name: Alpha square, latitude: 52.5, longitude: 13.4 }
  - { id: C, x: 0, y: 0 }
links:
  - { from: A, to: C, max_seconds: 60 }
`;

test('a network is shown before it is made, made, changed, pruned, and applied again without a change', async () => {
  const wouldAdd = `+ detector A  name "Alpha", at latitude 52.5, longitude 13.4
+ detector B  name "", at x 10.5 m, y -3 m
+ link A -> B  max_seconds 600, length_m 900.5, free_flow_seconds 70, estimator mad
+ link B -> A  max_seconds 600, length_m none, free_flow_seconds learned, estimator default
+ route there  name "There and back", along A B A
`;
  expect((await apply(first, { dryRun: true })).out).toBe(
    `${wouldAdd}5 to add, 0 to change, 0 to delete, 0 unchanged; nothing was done\n`,
  );
  expect((await apply(first)).out).toBe(`${wouldAdd}5 added, 0 changed, 0 deleted, 0 unchanged\n`);
  expect((await apply(first)).out).toBe('0 added, 0 changed, 0 deleted, 5 unchanged\n');

  expect((await apply(second)).out).toBe(`~ detector A  name "Alpha" -> "Alpha square"
+ detector C  name "", at x 0 m, y 0 m
+ link A -> C  max_seconds 60, length_m none, free_flow_seconds learned, estimator default
In the server and not in the file, kept (--prune deletes them):
  route there
  link A -> B
  link B -> A
  detector B
2 added, 1 changed, 0 deleted, 0 unchanged
`);
  const { out, err } = await apply(second, { prune: true, output: 'csv' });
  expect(out).toBe(`action,type,detector_id,from_detector_id,to_detector_id,route_id,differences
delete,route,,,,there,[]
delete,link,,A,B,,[]
delete,link,,B,A,,[]
delete,detector,B,,,,[]
`);
  expect(err).toBe('0 added, 0 changed, 4 deleted, 3 unchanged\n');
  using client = subject.client();
  expect(await queryNetwork(client.context)).toEqual(readNetworkFile(fileOf(second)));
});

test('what is shown as JSON is a file that can be applied and changes nothing', async () => {
  await apply(first, { prune: true });
  const shown = await show('json');
  expect((await apply(shown, { prune: true })).out).toBe('0 added, 0 changed, 0 deleted, 5 unchanged\n');
  expect(JSON.parse(shown).links).toEqual([
    { from: 'A', to: 'B', max_seconds: 600, length_m: 900.5, free_flow_seconds: 70, estimator: 'mad' },
    { from: 'B', to: 'A', max_seconds: 600 },
  ]);
  expect(JSON.parse(shown).routes).toEqual([{ id: 'there', name: 'There and back', detectors: ['A', 'B', 'A'] }]);
});

test('the network is shown as tables, the links as rows too', async () => {
  await apply(first, { prune: true });
  expect(await show('table')).toBe(`detector  name   position
A         Alpha  latitude 52.5, longitude 13.4
B                x 10.5 m, y -3 m

from  to  max seconds  length m  free flow s  estimator
A     B           600     900.5           70  mad
B     A           600

route  name            along
there  There and back  A B A
`);
  expect(await show('csv', links)).toBe(
    'from_detector_id,to_detector_id,max_seconds,length_m,free_flow_seconds,estimator\nA,B,600,900.5,70,mad\nB,A,600,,,\n',
  );
  await expect(show('csv')).rejects.toThrow('--output csv: expected table or json');
});

test('a wrong file changes nothing, and all that is wrong is said', async () => {
  await apply(first, { prune: true });
  const more = '  - { from: A, to: D9, max_seconds: 0 }\n  - { from: A, to: A, max_seconds: 5 }\n';
  const wrong = first.replace('routes:', `${more}routes:`);
  await expect(apply(wrong, { prune: true })).rejects.toThrow('links[2].max_seconds');
  expect((await apply(first)).out).toBe('0 added, 0 changed, 0 deleted, 5 unchanged\n');
});

test('without a collector it says what was not done', async () => {
  await apply(first, { prune: true });
  using client = subject.client({ collector: '127.0.0.1:1' });
  const applied = networkApply(client.context, { file: fileOf(second), dryRun: false, prune: false });
  await expect(applied).rejects.toThrow(/^stopped at detector A, after 0 of 3 changes .*: collector 127\.0\.0\.1:1: /);
});
