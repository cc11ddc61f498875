import { html, render, type TemplateResult } from 'lit-html';
import { askJson, isSignInNeeded } from './api.ts';
import type { Alert, Detector, Estimate, Heartbeat, Link } from './api-types.ts';
import { type Contact, type Standing, standingOf } from './connection.ts';
import type { Desk, Page } from './desk.ts';
import { type Format, formatFor } from './format.ts';
import { languages } from './language.ts';
import { keepListening } from './live-stream.ts';
import { NetworkState } from './network-state.ts';
import { colourPage } from './page-colours.ts';
import { openPage } from './pages/open-page.ts';
import type { Theme } from './palette.ts';
import { Preferences } from './preferences.ts';
import { placeOf } from './router.ts';
import { type Access, findAccess, signIn, signOut } from './session.ts';
import { shellView } from './shell-view.ts';
import { signInView } from './sign-in-view.ts';
import type { ServerSentEvent } from './sse-parser.ts';

/** What changes is drawn at most this often; a minute's estimates come together. */
const drawEveryMs = 200;
/** Ages and what depends on the time. */
const lookEveryMs = 5000;
/** A browser opens six connections to a server: tabs that nobody sees give theirs back. */
const hiddenMsMax = 60_000;
const backShownMs = 10_000;

/** The console in one browser window. */
export class Console implements Desk {
  readonly #element: HTMLElement;
  readonly #preferences = new Preferences();
  #state = new NetworkState();
  #format: Format;
  #access: Access = { type: 'asking', isAway: false };
  #contact: Contact = { type: 'connecting' };
  #listening: AbortController | undefined;
  #page: Page | undefined;
  #drawTimer: ReturnType<typeof setTimeout> | undefined;
  #backUntilMs = 0;
  #hasNewVersion = false;
  #isReadingLinks = false;
  /** What the page was last told to show. */
  #seen = { version: -1, theme: '', language: '' };

  constructor(element: HTMLElement) {
    this.#element = element;
    this.#format = this.#formatNow();
  }

  get state(): NetworkState {
    return this.#state;
  }

  get format(): Format {
    return this.#format;
  }

  get theme(): Theme {
    return this.#preferences.theme;
  }

  get mayAcknowledge(): boolean {
    return this.#access.type === 'in' && this.#access.session.may_acknowledge;
  }

  nowMs(): number {
    return this.#state.nowMs(Date.now());
  }

  async start(): Promise<void> {
    document.addEventListener('click', (event) => this.#follow(event));
    window.addEventListener('popstate', () => this.#open());
    this.#preferences.onSystemChange(() => this.#draw());
    this.#watchVisibility();
    setInterval(() => this.refresh(), lookEveryMs);
    this.#draw();
    await this.#enter();
  }

  refresh(): void {
    this.#drawTimer ??= setTimeout(() => this.#draw(), drawEveryMs);
  }

  navigate(address: string, how?: 'replacing'): void {
    if (how === 'replacing') history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    this.#open();
    if (how === undefined) {
      window.scrollTo(0, 0);
      // Whoever cannot see that the page is another hears its heading.
      this.#element.querySelector('h1')?.focus();
    }
  }

  refused(error: unknown): string {
    if (isSignInNeeded(error)) this.#leave({ type: 'out', problem: { what: 'ended', why: error.message } });
    return error instanceof Error ? error.message : String(error);
  }

  async #enter(): Promise<void> {
    const onAway = () => {
      this.#access = { type: 'asking', isAway: true };
      this.#draw();
    };
    this.#take(await findAccess(onAway));
  }

  #take(access: Access): void {
    this.#access = access;
    if (access.type === 'in') {
      this.#listen();
      this.#open();
    }
    this.#draw();
    if (access.type === 'out') this.#element.querySelector<HTMLInputElement>('input[name=token]')?.focus();
  }

  /** Forgets all that was read with a token that counts no more. */
  #leave(access: Access): void {
    this.#listening?.abort();
    this.#listening = undefined;
    this.#page?.[Symbol.dispose]();
    this.#page = undefined;
    this.#state = new NetworkState();
    this.#contact = { type: 'connecting' };
    this.#take(access);
  }

  #listen(): void {
    if (this.#listening !== undefined) return;
    this.#listening = new AbortController();
    const options = {
      onEvent: (event: ServerSentEvent) => this.#hear(event),
      onContact: (contact: Contact) => this.#setContact(contact),
      onRefused: (error: unknown) => void this.refused(error),
    };
    void keepListening(options, this.#listening.signal);
  }

  #hear({ event, data }: ServerSentEvent): void {
    const record = JSON.parse(data);
    if (event === 'begin') this.#state.begin((record as { resumed: boolean }).resumed);
    else if (event === 'estimate') this.#state.takeEstimate(record as Estimate);
    else if (event === 'detector') this.#state.takeDetector(record as Detector);
    else if (event === 'alert') this.#state.takeAlert(record as Alert);
    else if (event === 'heartbeat') this.#state.takeHeartbeat(record as Heartbeat, Date.now());
    const isNewNetwork = event === 'begin' || (event === 'heartbeat' && this.#state.hasUnknownLinks());
    if (isNewNetwork) void this.#readLinks();
    this.refresh();
  }

  async #readLinks(): Promise<void> {
    if (this.#isReadingLinks) return;
    this.#isReadingLinks = true;
    try {
      const { links } = await askJson<{ links: readonly Link[] }>('/api/v1/links');
      this.#state.setLinks(links);
    } catch (error) {
      // The next heartbeat tries again: links without an entry of their own are shown by their estimates meanwhile.
      this.refused(error);
    } finally {
      this.#isReadingLinks = false;
    }
    this.refresh();
  }

  #setContact(contact: Contact): void {
    if (contact.type === this.#contact.type) return;
    if (contact.type === 'connected' && this.#contact.type === 'lost') {
      this.#backUntilMs = Date.now() + backShownMs;
      void this.#compareVersions();
    }
    this.#contact = contact;
    this.refresh();
  }

  /** After a restart the server may be another one, with a page of its own. */
  async #compareVersions(): Promise<void> {
    const own = document.querySelector<HTMLMetaElement>('meta[name="tdc-version"]')?.content;
    const page = await fetch('/').then(
      (response) => response.text(),
      () => '',
    );
    const other = /<meta name="tdc-version" content="([^"]+)">/.exec(page)?.[1];
    this.#hasNewVersion = other !== undefined && other !== own;
    this.refresh();
  }

  #watchVisibility(): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    document.addEventListener('visibilitychange', () => {
      clearTimeout(timer);
      if (document.hidden) {
        timer = setTimeout(() => {
          this.#listening?.abort();
          this.#listening = undefined;
          this.#contact = { type: 'connecting' };
        }, hiddenMsMax);
      } else if (this.#access.type === 'in') this.#listen();
      this.refresh();
    });
  }

  #follow(event: MouseEvent): void {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const anchor = event.target instanceof Element ? event.target.closest('a') : null;
    if (!isPlain || anchor === null || anchor.origin !== location.origin) return;
    if (anchor.pathname.startsWith('/api/') || anchor.getAttribute('href')?.startsWith('#') === true) return;
    event.preventDefault();
    this.navigate(anchor.pathname + anchor.search);
  }

  #open(): void {
    if (this.#access.type !== 'in') return;
    this.#page?.[Symbol.dispose]();
    this.#page = openPage(this, placeOf(new URL(location.href)));
    this.#seen = { version: -1, theme: '', language: '' };
    this.#draw();
  }

  #formatNow(): Format {
    const { language } = this.#preferences;
    return formatFor(language, languages[language].messages);
  }

  #draw(): void {
    clearTimeout(this.#drawTimer);
    this.#drawTimer = undefined;
    this.#tellPage();
    const { text } = this.#format;
    const title = this.#page?.title() ?? (this.#access.type === 'out' ? text.signIn : text.appName);
    document.title = `${title} · tdc`;
    document.documentElement.lang = this.#preferences.language;
    colourPage(document.documentElement, this.theme);
    render(
      shellView({
        ...{ format: this.#format, preferences: this.#preferences, access: this.#access, title },
        standing: this.#standing(),
        wasAway: Date.now() < this.#backUntilMs,
        hasNewVersion: this.#hasNewVersion,
        openAlerts: this.#state.alerts.openCount,
        eventsPerMinute: this.#state.heartbeat?.events_per_minute ?? null,
        address: location.pathname,
        content: this.#content(),
        onTheme: (choice) => {
          this.#preferences.chooseTheme(choice);
          this.#draw();
        },
        onLanguage: (language) => {
          this.#preferences.chooseLanguage(language);
          this.#format = this.#formatNow();
          this.#draw();
        },
        onSignOut: () => void signOut().then(() => this.#leave({ type: 'out', problem: undefined })),
        onReload: () => location.reload(),
      }),
      this.#element,
    );
  }

  #tellPage(): void {
    const now = { version: this.#state.version, theme: this.theme, language: this.#preferences.language };
    const { version, theme, language } = this.#seen;
    if (version === now.version && theme === now.theme && language === now.language) return;
    this.#seen = now;
    this.#page?.onChange?.();
  }

  #standing(): Standing | undefined {
    if (this.#access.type !== 'in') return undefined;
    return standingOf(this.#contact, this.#state, Date.now());
  }

  #content(): TemplateResult {
    const { text } = this.#format;
    if (this.#access.type === 'out') {
      return signInView(text, this.#access, (token) => void signIn(token).then((access) => this.#take(access)));
    }
    return this.#page?.view() ?? html`<p>${text.loading}</p>`;
  }
}
