import { html, type TemplateResult } from 'lit-html';

/** A column by its name: one of words, or, as most are, of numbers. */
export type Column = string | { readonly words: string };
type Rows = readonly (readonly unknown[])[];

/** The same as a plot, for who does not see it. */
export const tableBelow = (summary: string, columns: readonly Column[], rows: Rows): TemplateResult =>
  html`<details>
    <summary>${summary}</summary>
    ${dataTable(columns, rows)}
  </details>`;

/** The first cell of a row names it. */
export function dataTable([first, ...columns]: readonly Column[], rows: Rows): TemplateResult {
  const kinds = columns.map((column) => (typeof column === 'string' ? 'number' : ''));
  const nameOf = (column: Column | undefined) => (typeof column === 'object' ? column.words : column);
  return html`<table class="rows">
    <thead>
      <tr>
        <th scope="col">${nameOf(first)}</th>
        ${columns.map((column, index) => html`<th scope="col" class=${kinds[index] ?? ''}>${nameOf(column)}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([name, ...cells]) =>
          html`<tr>
            <th scope="row">${name}</th>
            ${cells.map((cell, index) => html`<td class=${kinds[index] ?? ''}>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}
