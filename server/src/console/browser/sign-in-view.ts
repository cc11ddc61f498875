import { html, nothing, type TemplateResult } from 'lit-html';
import type { Messages } from './messages/english.ts';
import type { Access } from './session.ts';

export function signInView(
  text: Messages,
  { problem }: Extract<Access, { type: 'out' }>,
  onToken: (token: string) => void,
): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const token = new FormData(event.target).get('token');
    event.target.reset();
    if (typeof token === 'string') onToken(token.trim());
  };
  return html`<form class="sign-in" @submit=${submit}>
    <p>${text.signInWhy}</p>
    ${
      problem === undefined
        ? nothing
        : html`<p class="failure" role="alert">
            ${problem.what === 'failed' ? text.signInFailed : text.signInAgain} <span lang="en">${problem.why}</span>
          </p>`
    }
    <label>${text.token} <input type="password" name="token" required autocomplete="current-password" maxlength="200" spellcheck="false" /></label>
    <button type="submit">${text.signIn}</button>
  </form>`;
}
