import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For tests: an authority made with the openssl program, in a folder of its own, which goes with it. */
export class OpensslAuthority implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tdc-openssl-'));
  /** Its own certificate, PEM. */
  readonly pem: string;

  constructor(name: string) {
    const extensions = ['-addext', 'keyUsage=critical,keyCertSign'];
    this.#openssl('req', '-x509', ...newKey('ca.key'), '-out', 'ca.pem', '-subj', `/CN=${name}`, ...extensions);
    this.pem = this.#read('ca.pem');
  }

  /** A certificate with names in openssl's words, such as `DNS:localhost`, and its key, both PEM. */
  issue(names: string): { readonly cert: string; readonly key: string } {
    this.#openssl('req', ...newKey('leaf.key'), '-out', 'leaf.csr', '-subj', '/CN=leaf');
    writeFileSync(join(this.folder, 'names'), `subjectAltName=${names}`);
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
    this.#openssl('x509', '-req', '-in', 'leaf.csr', ...signing, '-out', 'leaf.pem');
    return { cert: this.#read('leaf.pem'), key: this.#read('leaf.key') };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }

  #read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' });
  }
}

const newKey = (file: string) => [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:prime256v1',
  '-nodes',
  '-keyout',
  file,
];
