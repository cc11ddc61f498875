import { join } from 'node:path';

const systemd = join(import.meta.dirname, '../../systemd');
export const systemCallsFile = join(systemd, 'tdc-agent.system-calls');
export const filesFile = join(systemd, 'tdc-agent.files');
export const addressFamiliesFile = join(systemd, 'tdc-agent.address-families');

export interface Access {
  /** Names, sorted. */
  readonly systemCalls: readonly string[];
  /** `read` or `write` and a path, sorted. */
  readonly files: readonly string[];
  /** Of sockets: AF_..., sorted. */
  readonly addressFamilies: readonly string[];
}

/** Folders whose single files say nothing, or only on which machine it was. */
const folders =
  /^(\/usr\/lib|\/usr\/lib\/tdc-agent|\/lib|\/lib64|\/usr\/bin|\/bin|\/var\/cache\/tdc-agent|\/sys\/block|\/sys\/class\/net|\/sys\/fs\/cgroup|\/sys\/devices)\/.*$/;
const changing = /^(mkdir|mkdirat|unlink|unlinkat|rename|renameat|renameat2|chmod|fchmodat|truncate|symlink|link)$/;

/** What a trace of strace says. Places are folders of the recording and what they stand for. */
export function accessOf(trace: string, places: readonly (readonly [string, string])[]): Access {
  const systemCalls = new Set<string>();
  const files = new Set<string>();
  const addressFamilies = new Set<string>();
  for (const line of wholeCalls(trace)) {
    const [, name, args = ''] = /^\d+ +([a-z_0-9]+)\((.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    systemCalls.add(name);
    const family = name === 'socket' ? /^AF_\w+/.exec(args)?.[0] : undefined;
    if (family !== undefined) addressFamilies.add(family);
    for (const file of filesOf(name, args)) {
      const at = places.reduce(
        (path, [from, to]) => (path.startsWith(from) ? to + path.slice(from.length) : path),
        file.path,
      );
      files.add(`${file.mode} ${collapsed(at)}`);
    }
  }
  return {
    systemCalls: [...systemCalls].sort(),
    files: [...files].sort(),
    addressFamilies: [...addressFamilies].sort(),
  };
}

/** A call during which another thread was heard has two lines: what was asked, and what came of it. */
function wholeCalls(trace: string): readonly string[] {
  const begun = new Map<string, string>();
  const whole: string[] = [];
  for (const line of trace.split('\n')) {
    const [, thread = '', call = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [, rest] = /^<\.\.\. [a-z_0-9]+ resumed>(.*)$/.exec(call) ?? [];
    if (call.endsWith('<unfinished ...>')) begun.set(thread, line.slice(0, -'<unfinished ...>'.length));
    else whole.push(rest === undefined ? line : `${begun.get(thread) ?? line}${rest}`);
    if (rest !== undefined) begun.delete(thread);
  }
  // What never came back, such as the end of a process.
  return [...whole, ...begun.values()];
}

interface FileAccess {
  readonly mode: 'read' | 'write';
  readonly path: string;
}

/** Only what was there, or was made: what is looked for in vain needs no permission. */
function filesOf(name: string, args: string): readonly FileAccess[] {
  if (/= -1 ENOENT|= -1 ENOTDIR/.test(args)) return [];
  const paths = [...args.matchAll(/"(\/[^"]*)"/g)].map((match) => match[1] ?? '');
  if (changing.test(name)) return paths.map((path) => ({ mode: 'write', path }));
  const [path] = paths;
  if (path === undefined) return [];
  if (name === 'open' || name === 'openat') {
    return [{ mode: /O_WRONLY|O_RDWR|O_CREAT/.test(args) ? 'write' : 'read', path }];
  }
  if (name === 'bind' && args.includes('AF_UNIX')) return [{ mode: 'write', path }];
  return [];
}

const collapsed = (path: string): string =>
  path
    .replace(/^\/proc\/\d+/, '/proc/PID')
    .replace(/\/task\/\d+/, '/task/TID')
    .replace(folders, '$1/*');
