import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, outcomeOf } from './outcome.ts';

const base = join(import.meta.dirname, '../../node_modules/.cache/tdc-packages/bookworm-amd64');

/** A minimal Debian 12 of its own without a network, into which packages are installed. Disposing of it removes it. */
export class DebianRoot implements Disposable {
  /** What was changed lies over the minimal Debian in a layer of its own. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'tdc-debian-'));
  /** `/exchange` in there. */
  readonly exchange = join(this.#folder, 'exchange');

  constructor() {
    for (const each of ['upper', 'work', 'root', 'exchange']) mkdirSync(join(this.#folder, each));
  }

  /** Runs a script of the shell as root, with loopback as the only network. Its processes end with it. */
  run(script: string): Outcome {
    return outcomeOf('unshare', [
      '--mount',
      '--net',
      '--pid',
      '--fork',
      '--kill-child',
      'sh',
      '-euc',
      enter,
      'sh',
      base,
      this.#folder,
      script,
    ]);
  }

  /** The same, and throws unless it succeeds. */
  runs(script: string): string {
    const { code, output } = this.run(script);
    if (code !== 0) throw new Error(`${script}\nended with ${code}:\n${output}`);
    return output;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** Arguments: the minimal Debian, the folder of this one, and the script to run in there. */
const enter = `
base=$1 folder=$2 script=$3
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$base,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
mkdir -p "$folder/root/exchange"
mount --bind "$folder/exchange" "$folder/root/exchange"
mount -t proc proc "$folder/root/proc"
# Devices of its own: apt-key changes the mode of /dev/null.
mount -t tmpfs -o mode=755 tmpfs "$folder/root/dev"
mknod -m 666 "$folder/root/dev/null" c 1 3
mknod -m 666 "$folder/root/dev/zero" c 1 5
mknod -m 666 "$folder/root/dev/random" c 1 8
mknod -m 666 "$folder/root/dev/urandom" c 1 9
ln -s /proc/self/fd "$folder/root/dev/fd"
ip link set lo up
exec chroot "$folder/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive sh -euc "$script"
`;
