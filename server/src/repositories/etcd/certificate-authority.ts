import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What is unusual about a certificate. */
export interface CertificateOptions {
  /** A URI among its names, beside those of loopback. */
  readonly uri?: string;
  readonly usage?: 'clientAuth' | 'serverAuth';
  /** Days from now: before the first and after the last it is not valid. 0 and 1 by default. */
  readonly days?: readonly [number, number];
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

  certificate(name: string, { uri, usage, days: [from, to] = [0, 1] }: CertificateOptions = {}): Certificate {
    const folder = this.#folder;
    const names = ['DNS:localhost', 'IP:127.0.0.1', ...(uri === undefined ? [] : [`URI:${uri}`])];
    const extensions = [
      `subjectAltName=${names.join(',')}`,
      ...(usage === undefined ? [] : [`extendedKeyUsage=${usage}`]),
    ];
    writeFileSync(join(folder, 'extensions'), `${extensions.join('\n')}\n`);
    writeFileSync(join(folder, 'ca.conf'), caConfig);
    writeFileSync(join(folder, 'index'), '');
    this.#openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const authority = ['-cert', `${this.#name}.pem`, '-keyfile', `${this.#name}.key`];
    const dates = ['-startdate', opensslTime(from), '-enddate', opensslTime(to)];
    const files = ['-in', `${name}.csr`, '-extfile', 'extensions', '-out', `${name}.pem`];
    this.#openssl('ca', '-config', 'ca.conf', '-batch', '-notext', ...authority, ...dates, ...files);
    return { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' });
  }
}

const caConfig = `[ca]
default_ca = authority
[authority]
database = index
new_certs_dir = .
default_md = sha256
policy = any
rand_serial = yes
[any]
commonName = supplied
`;

/** YYYYMMDDHHMMSSZ, some days from now. */
const opensslTime = (days: number): string =>
  `${new Date(Date.now() + days * 86_400_000 - 60_000).toISOString().replace(/\.\d+|[-:T]/g, '')}`;
