import { html, type nothing, type TemplateResult } from 'lit-html';

/** Something that is known, under its name. */
export const fact = (name: string, value: unknown): TemplateResult =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

export const facts = (...each: readonly (TemplateResult | typeof nothing)[]): TemplateResult =>
  html`<dl class="facts">${each}</dl>`;
