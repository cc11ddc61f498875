import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { keyStoreContract } from './key-store.contract.ts';
import { keyFileStore, memoryKeyStore } from './key-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'tdc-key-store-'));
afterAll(() => rmSync(directory, { recursive: true }));

let opened = 0;
keyStoreContract('a file', () => keyFileStore(join(directory, `${opened++}`, 'key.json')));
keyStoreContract('memory', memoryKeyStore);
