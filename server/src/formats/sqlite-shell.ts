import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * For tests: opens CSV in the SQLite shell as the table `t`, asks, and has the rows. Without a header there are so many columns, c1 and on.
 */
export function inSqliteShell(
  csv: string | Buffer,
  question: string,
  headless?: { readonly columns: number },
): readonly Readonly<Record<string, unknown>>[] {
  const folder = mkdtempSync(join(tmpdir(), 'tdc-csv-'));
  try {
    const file = join(folder, 'file.csv');
    writeFileSync(file, csv);
    const names = Array.from({ length: headless?.columns ?? 0 }, (_, i) => `c${i + 1} TEXT`);
    const table = headless === undefined ? [] : [`CREATE TABLE t (${names.join(', ')});`];
    const script = [...table, `.import --csv ${file} t`, '.mode json', `${question};`].join('\n');
    const { status, stdout, stderr } = spawnSync('sqlite3', [':memory:'], { input: script, encoding: 'utf8' });
    if (status !== 0 || stderr !== '') throw new Error(`sqlite3 ended with ${status}: ${stderr}`);
    return stdout === '' ? [] : JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
