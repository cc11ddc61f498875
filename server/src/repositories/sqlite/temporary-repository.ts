import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Repository } from '../../repository.ts';
import { openSqliteRepository } from './repository.ts';

/** A repository in a folder of its own, which goes with it; with some detectors in its network. For tests. */
export async function temporaryRepository(detectorIds: readonly string[] = []): Promise<Repository> {
  const folder = mkdtempSync(join(tmpdir(), 'tdc-server-'));
  const repository = openSqliteRepository({ file: join(folder, 'tdc.sqlite') });
  const { signal } = new AbortController();
  for (const id of detectorIds) {
    await repository.network.putDetector({ id, name: '', position: { type: 'plane', xM: 0, yM: 0 } }, signal);
  }
  return {
    ...repository,
    async [Symbol.asyncDispose]() {
      await repository[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}
