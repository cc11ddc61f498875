import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type System, systemAt } from './system.ts';

/** For tests: a machine that is a folder. */
export interface PreparedBox extends Disposable {
  readonly root: string;
  readonly system: System;
  /** Writes a file of the machine, such as `/sys/class/rfkill/rfkill0/soft`. */
  put(path: string, text: string): void;
  /** Installs a program: a script for the shell. */
  install(name: string, script: string): void;
}

export function preparedBox(): PreparedBox {
  const root = mkdtempSync(join(tmpdir(), 'tdc-box-'));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  return {
    root,
    // Nothing of the machine that the test runs on is found: scripts have the shell's own commands only.
    system: systemAt({ root, searchPath: `:/no/such/folder:${join(root, 'bin')}` }),
    put,
    install(name, script) {
      put(`/bin/${name}`, `#!/bin/sh\n${script}\n`);
      chmodSync(join(root, 'bin', name), 0o755);
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}
