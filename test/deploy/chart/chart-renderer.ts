import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { type ChartObject, chartDirectory, type RenderedChart } from './rendered-chart.ts';

/** Renders the chart as Helm would, by the program render.go. Disposing removes what it has built. */
export class ChartRenderer implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'tdc-chart-'));
  readonly #program = join(this.directory, 'render');

  /** Builds the program. */
  constructor() {
    execFileSync('go', ['build', '-o', this.#program, join(import.meta.dirname, 'render.go')], {
      env: { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: join(this.directory, 'cache') },
    });
  }

  /** Renders with the values of a file of `values/`. Throws with what a template says when it refuses them. */
  renderNamed(name: string, release = 'tdc'): RenderedChart {
    return this.#render(release, [join(import.meta.dirname, 'values', `${name}.yaml`)]);
  }

  /** Renders with the least that must be given, and these values over it. */
  renderOverMinimal(values: unknown): RenderedChart {
    return this.#render('tdc', [join(import.meta.dirname, 'values/minimal.yaml'), this.#write(stringify(values))]);
  }

  /** Renders with a text of values. */
  renderText(values: string): RenderedChart {
    return this.#render('tdc', [this.#write(values)]);
  }

  #write(text: string): string {
    const file = join(this.directory, 'values.yaml');
    writeFileSync(file, text);
    return file;
  }

  #render(release: string, valuesFiles: readonly string[]): RenderedChart {
    const args = [chartDirectory, release, 'roads', ...valuesFiles];
    const output: { values: Record<string, unknown>; files: Record<string, string> } = JSON.parse(
      execFileSync(this.#program, args, { encoding: 'utf8', stdio: 'pipe' }),
    );
    const { 'templates/NOTES.txt': notes = '', ...templates } = output.files;
    return { values: output.values, objects: Object.values(templates).flatMap(objectsIn), notes };
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

/** Kubernetes reads YAML 1.1, where `on` is true and 0440 is octal. */
function objectsIn(text: string): ChartObject[] {
  const documents = parseAllDocuments(text, { version: '1.1', strict: true, uniqueKeys: true });
  return [...documents].flatMap((document) => {
    for (const problem of [...document.errors, ...document.warnings]) throw problem;
    const content: ChartObject | null = document.toJS();
    return content === null ? [] : [content];
  });
}
