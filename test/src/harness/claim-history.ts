import { Etcd3 } from 'etcd3';
import { expect } from 'vitest';

interface Written {
  readonly revision: bigint;
  readonly key: string;
  /** Absent: removed. */
  readonly value: string | undefined;
}

/** Everything that ever happened to claims and checkpoints, in the order of revisions. */
async function history(endpoints: readonly string[]): Promise<readonly Written[]> {
  const client = new Etcd3({ hosts: [...endpoints] });
  const found: Written[] = [];
  const watch = async (prefix: string) => {
    const end = `${prefix}end`;
    const watcher = await client.watch().prefix(prefix).startRevision('1').create();
    const done = Promise.withResolvers<void>();
    watcher.on('data', ({ events }) => {
      for (const { type, kv } of events) {
        const value = type === 'Put' ? kv.value.toString() : undefined;
        if (kv.key.toString() === end) done.resolve();
        else found.push({ revision: BigInt(kv.mod_revision), key: kv.key.toString(), value });
      }
    });
    // etcd gives history in parts of a thousand revisions, and each says that the store is at its last.
    await client.put(end).value('');
    await done.promise;
    await watcher.cancel();
  };
  await watch('/tdc/claims/');
  await watch('/tdc/checkpoints/');
  client.close();
  return found.sort((a, b) => (a.revision < b.revision ? -1 : 1));
}

/**
 * Reads from etcd's own history that no name was claimed while another had it, and that everything was counted up under the
 * claim of the moment. Gives how often it was.
 */
export async function expectOneAtATime(endpoints: readonly string[]): Promise<number> {
  const holder = new Map<string, bigint>();
  const counts = new Map<string, number>();
  let writes = 0;
  for (const { revision, key, value } of await history(endpoints)) {
    const [, , family = '', name = ''] = key.split('/');
    if (family === 'claims') {
      if (value === undefined) holder.delete(name);
      else {
        expect(holder.has(name), `${name} claimed twice at ${revision}`).toBe(false);
        holder.set(name, revision);
      }
      continue;
    }
    const note = JSON.parse(value ?? '') as { fence: string; value: string };
    expect(holder.get(name), `${name} written at ${revision}`).toBe(BigInt(note.fence));
    const { count } = JSON.parse(note.value) as { count: number };
    // A write whose answer was lost is made once more, and is the same.
    const before = counts.get(name) ?? 0;
    expect([before, before + 1], `${name} at ${revision}`).toContain(count);
    counts.set(name, count);
    writes++;
  }
  return writes;
}
