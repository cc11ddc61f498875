#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that one that is too old says so instead of failing on the sources' types.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`tdc-custodian: Node ${process.versions.node} is too old: expected 22.18 or newer\n`);
  process.exit(1);
}
import('../src/tdc-custodian.ts');
