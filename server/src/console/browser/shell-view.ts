import { html, nothing, type TemplateResult } from 'lit-html';
import type { Standing } from './connection.ts';
import type { Format } from './format.ts';
import { isLanguage, type Language, languages } from './language.ts';
import type { Preferences, ThemeChoice } from './preferences.ts';
import type { Access } from './session.ts';

/** What is around every page. */
export interface Shell {
  readonly format: Format;
  readonly preferences: Preferences;
  readonly access: Access;
  /** Undefined before anybody is let in. */
  readonly standing: Standing | undefined;
  readonly wasAway: boolean;
  readonly hasNewVersion: boolean;
  readonly eventsPerMinute: number | null;
  /** That nobody sees to. */
  readonly openAlerts: number;
  readonly address: string;
  readonly title: string;
  readonly content: TemplateResult;
  onTheme(choice: ThemeChoice): void;
  onLanguage(language: Language): void;
  onSignOut(): void;
  onReload(): void;
}

/** Pages in the navigation; a new one comes here. */
const sections = [
  { address: '/', key: 'overview' },
  { address: '/alerts', key: 'alerts' },
  { address: '/route', key: 'route' },
] as const;
const themeKeys = { system: 'themeSystem', light: 'themeLight', dark: 'themeDark' } as const;
const themeChoices = ['system', 'light', 'dark'] as const;

export function shellView(shell: Shell): TemplateResult {
  const { format, access, title, content } = shell;
  const { text } = format;
  return html`<a class="skip" href="#content">${text.skipToContent}</a>
    <header>
      <p class="brand">tdc <span>${text.appName}</span></p>
      ${alertsTold(shell)}
      ${access.type === 'in' ? [navigationView(shell), trafficView(shell)] : nothing} ${settingsView(shell)}
    </header>
    ${bannerView(shell)}
    <main id="content" tabindex="-1">
      <h1 tabindex="-1">${title}</h1>
      ${content}
    </main>
    <footer>
      <p>${text.timesIn(format.zone)}</p>
    </footer>`;
}

/** Said aloud by screen readers when it changes, once they have said what they are at. */
const alertsTold = ({ format: { text, number }, openAlerts }: Shell): TemplateResult =>
  html`<p class="visually-hidden" aria-live="polite">${openAlerts === 0 ? nothing : text.alertsOpen(number(openAlerts))}</p>`;

function navigationView({ format: { text, number }, address, openAlerts }: Shell): TemplateResult {
  const badge = html` <span class="badge" title=${text.alertsOpen(number(openAlerts))}>${number(openAlerts)}</span>`;
  return html`<nav aria-label=${text.navigation}>
    ${sections.map(
      ({ address: each, key }) =>
        html`<a href=${each} aria-current=${each === address ? 'page' : nothing}
          >${text[key]}${key === 'alerts' && openAlerts > 0 ? badge : nothing}</a
        >`,
    )}
    <a href="/api/docs">${text.interfaceForPrograms}</a>
  </nav>`;
}

function settingsView({
  format: { text },
  preferences,
  access,
  onTheme,
  onLanguage,
  onSignOut,
}: Shell): TemplateResult {
  const theme = ({ target }: Event) => {
    const choice = target instanceof HTMLSelectElement ? target.value : '';
    const known = themeChoices.find((each) => each === choice);
    if (known !== undefined) onTheme(known);
  };
  const language = ({ target }: Event) => {
    if (target instanceof HTMLSelectElement && isLanguage(target.value)) onLanguage(target.value);
  };
  const name = access.type === 'in' ? access.session.name : null;
  return html`<div class="settings" role="group" aria-label=${text.settings}>
    <label
      >${text.theme}
      <select name="theme" @change=${theme}>
        ${themeChoices.map(
          (each) =>
            html`<option value=${each} ?selected=${each === preferences.themeChoice}>${text[themeKeys[each]]}</option>`,
        )}
      </select></label
    >
    <label
      >${text.language}
      <select name="language" @change=${language}>
        ${Object.entries(languages).map(
          ([each, { name: own }]) =>
            html`<option value=${each} lang=${each} ?selected=${each === preferences.language}>${own}</option>`,
        )}
      </select></label
    >
    ${
      name === null
        ? nothing
        : html`<span>${text.signedInAs(name)}</span> <button type="button" @click=${onSignOut}>${text.signOut}</button>`
    }
  </div>`;
}

/** Said aloud by screen readers when it changes, and at no other time. */
function bannerView({ format, access, standing, wasAway, hasNewVersion, onReload }: Shell): TemplateResult {
  const { text } = format;
  const isAway = access.type === 'asking' && access.isAway;
  const told = isAway ? text.serverAway : standing === undefined ? '' : standingText(format, standing, wasAway);
  const type = isAway ? 'lost' : (standing?.type ?? 'none');
  return html`<div class="banner banner-${type}" role="status">${told === '' ? nothing : html`<p>${told}</p>`}</div>
    ${
      hasNewVersion
        ? html`<div class="banner banner-news">
            <p>${text.newVersion} <button type="button" @click=${onReload}>${text.reload}</button></p>
          </div>`
        : nothing
    }`;
}

function standingText({ text, time, dateTime }: Format, standing: Standing, wasAway: boolean): string {
  switch (standing.type) {
    case 'connecting':
      return text.connecting;
    case 'live':
      return wasAway ? text.backLive : '';
    case 'lost':
      return text.lostSince(time(standing.sinceMs));
    case 'unreadable':
      return text.unreadable;
    case 'minority':
      return text.minoritySince(time(standing.sinceMs));
    case 'behind':
      return text.behindSince(dateTime(standing.newestMs));
  }
}

function trafficView({ format: { text, number }, standing, eventsPerMinute }: Shell): TemplateResult {
  return html`<p class="traffic">
    ${standing?.type === 'live' ? html`<span class="live">${text.live}</span> · ` : nothing}
    ${eventsPerMinute === null ? text.eventsUnknown : text.eventsPerMinute(number(eventsPerMinute))}
  </p>`;
}
