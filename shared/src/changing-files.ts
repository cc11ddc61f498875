import { unwatchFile, watchFile } from 'node:fs';

/** Calls back after one of the files has changed, which is looked for this often, until disposed of. Keeps no process alive. */
export function watchFiles(files: readonly string[], intervalMs: number, onChange: () => void): Disposable {
  for (const file of new Set(files)) watchFile(file, { interval: intervalMs, persistent: false }, onChange);
  return {
    [Symbol.dispose]: () => {
      for (const file of files) unwatchFile(file, onChange);
    },
  };
}
