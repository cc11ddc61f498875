import { join } from 'node:path';

const systemd = join(import.meta.dirname, '../../systemd');
export const systemCallsFile = join(systemd, 'tdc-agent.system-calls');
export const filesFile = join(systemd, 'tdc-agent.files');

export interface Access {
  /** Names, sorted. */
  readonly systemCalls: readonly string[];
  /** `read` or `write` and a path, sorted. */
  readonly files: readonly string[];
}

/** Folders whose single files say nothing, or only on which machine it was. */
const folders =
  /^(\/usr\/lib|\/usr\/lib\/tdc-agent|\/lib|\/lib64|\/usr\/bin|\/bin|\/var\/cache\/tdc-agent|\/sys\/block|\/sys\/fs\/cgroup|\/sys\/devices)\/.*$/;
const changing = /^(mkdir|mkdirat|unlink|unlinkat|rename|renameat|renameat2|chmod|fchmodat|truncate|symlink|link)$/;

/** What a trace of strace says. Places are folders of the recording and what they stand for. */
export function accessOf(trace: string, places: readonly (readonly [string, string])[]): Access {
  const systemCalls = new Set<string>();
  const files = new Set<string>();
  for (const line of trace.split('\n')) {
    const [, name, args = ''] = /^\d+ +(?:<\.\.\. )?([a-z_0-9]+)(?:\(| resumed>)(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    systemCalls.add(name);
    for (const file of filesOf(name, args)) {
      const at = places.reduce(
        (path, [from, to]) => (path.startsWith(from) ? to + path.slice(from.length) : path),
        file.path,
      );
      files.add(`${file.mode} ${collapsed(at)}`);
    }
  }
  return { systemCalls: [...systemCalls].sort(), files: [...files].sort() };
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
