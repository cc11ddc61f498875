import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** For tests: what listens where a service manager would. Perl, as Node has no datagrams of Unix sockets; Debian is never without it. */
const listen = `
use Socket;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
bind($socket, sockaddr_un($ARGV[0])) or die "bind: $!";
$| = 1;
print "ready\\n";
while (defined recv($socket, my $message, 65536, 0)) { print unpack("H*", $message), "\\n" }
`;

export interface NotifyListener extends AsyncDisposable {
  readonly socket: string;
  /** Messages so far: each the lines of one datagram. */
  readonly messages: readonly (readonly string[])[];
}

/** Listens on a socket in a folder until disposed of. */
export async function listenForNotifications(folder: string): Promise<NotifyListener> {
  const socket = join(folder, 'notify.sock');
  const child = spawn('perl', ['-e', listen, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const messages: (readonly string[])[] = [];
  const ready = Promise.withResolvers<void>();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'ready') ready.resolve();
      else messages.push(messageOf(line));
    }
  });
  await Promise.race([ready.promise, ended.then(([code]) => Promise.reject(new Error(`perl ended with ${code}`)))]);
  return {
    socket,
    messages,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const messageOf = (hex: string): readonly string[] =>
  Buffer.from(hex, 'hex')
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
