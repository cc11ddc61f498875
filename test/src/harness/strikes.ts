import { setTimeout as wait } from 'node:timers/promises';
import type { EtcdMember } from '@tdc/server/repositories/etcd/etcd-member.ts';
import type { EtcdCluster } from '@tdc/server/repositories/etcd/etcd-process.ts';
import type { Namespaces } from './namespaces.ts';
import type { Random } from './random.ts';

/** Something goes wrong, and is put right before the promise resolves. */
export type Strike = () => Promise<void>;

/** Strikes in rounds, each shuffled anew, so that every kind comes as often as any other. */
export class Strikes {
  /** How often each kind has come. */
  readonly counts: Map<string, number>;
  readonly #random: Random;
  readonly #kinds: ReadonlyMap<string, Strike>;
  #round: string[] = [];

  constructor(random: Random, kinds: Readonly<Record<string, Strike>>) {
    this.#random = random;
    this.#kinds = new Map(Object.entries(kinds));
    this.counts = new Map(Object.keys(kinds).map((kind) => [kind, 0]));
  }

  async next(): Promise<void> {
    if (this.#round.length === 0) this.#round = [...this.#random.shuffled([...this.#kinds.keys()])];
    const kind = this.#round.pop() ?? '';
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    await this.#kinds.get(kind)?.();
  }

  describe(): string {
    return [...this.counts].map(([kind, times]) => `${kind} ${times}`).join(', ');
  }
}

/** What can happen to a member of etcd, the leader among them; cut off only where there is a network to be cut off from. */
export function memberStrikes(
  cluster: EtcdCluster,
  random: Random,
  lan: Namespaces | undefined,
): Readonly<Record<string, Strike>> {
  const downMs = () => random.between(500, 4000);
  const killed = async (member: EtcdMember) => {
    await member.kill();
    await wait(downMs());
    member.start();
  };
  return {
    'member killed': () => killed(random.pick(cluster.members)),
    'leader killed': async () => killed(await cluster.leader()),
    'member paused': async () => {
      const member = random.pick(cluster.members);
      member.signal('SIGSTOP');
      await wait(downMs());
      member.signal('SIGCONT');
    },
    ...(lan === undefined
      ? {}
      : {
          'member cut off': () => cutOff(lan, random.pick(cluster.members).name, random),
          'leader cut off': async () => cutOff(lan, (await cluster.leader()).name, random),
        }),
  };
}

/** From half a second, which nobody need notice, to six, which bring a new leader and cost claims. */
export async function cutOff(lan: Namespaces, name: string, random: Random): Promise<void> {
  lan.cutOff(name);
  await wait(random.between(500, 6000));
  lan.rejoin(name);
}
