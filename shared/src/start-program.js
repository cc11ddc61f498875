import * as nodeModule from 'node:module';
import { join } from 'node:path';

/**
 * Starts a program whose sources this Node can read; says that it is too old otherwise. Plain JavaScript that any Node can read.
 * @param {string} name what the user calls the program
 * @param {() => Promise<unknown>} load imports its sources
 */
export function startProgram(name, load) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 18)) {
    process.stderr.write(`${name}: Node ${process.versions.node} is too old: expected 22.18 or newer\n`);
    process.exit(1);
  }
  // Compiled sources are kept between starts: half the time to start, and 25 MB less memory of an agent. In a folder of the user's own, as the
  // one of everybody's temporary files could be somebody else's, with code of his. NODE_COMPILE_CACHE names another.
  const { XDG_CACHE_HOME, HOME } = process.env;
  if (XDG_CACHE_HOME || HOME) nodeModule.enableCompileCache(join(XDG_CACHE_HOME || join(HOME ?? '', '.cache'), 'tdc'));
  void load();
}
