import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority for tests, made with the openssl program, which signs certificates for loopback in PEM files of its folder. */
export class CertificateAuthority {
  /** Its own certificate. */
  readonly file: string;
  readonly #folder: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.file = join(folder, `${name}.pem`);
    mkdirSync(folder, { recursive: true });
    const out = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2'];
    this.#openssl('req', '-x509', ...newKey, ...out, '-subj', `/CN=${name}`);
  }

  certificate(name: string): Certificate {
    const folder = this.#folder;
    writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    this.#openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signing = ['-CA', `${this.#name}.pem`, '-CAkey', `${this.#name}.key`, '-CAcreateserial', '-days', '1'];
    this.#openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-extfile', 'names', '-out', `${name}.pem`);
    return { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' });
  }
}
