import { isLanguage, type Language, languageOf } from './language.ts';
import type { Theme } from './palette.ts';

export type ThemeChoice = 'system' | Theme;

const [themeKey, languageKey] = ['tdc-theme', 'tdc-language'];
const darkSystem = matchMedia('(prefers-color-scheme: dark)');

/** What whoever uses this browser has chosen; a browser that keeps nothing forgets it. */
export class Preferences {
  #theme: ThemeChoice;
  #language: Language;

  constructor() {
    const theme = read(themeKey);
    this.#theme = theme === 'light' || theme === 'dark' ? theme : 'system';
    const language = read(languageKey);
    this.#language = isLanguage(language) ? language : languageOf(navigator.languages);
  }

  get themeChoice(): ThemeChoice {
    return this.#theme;
  }

  get theme(): Theme {
    if (this.#theme !== 'system') return this.#theme;
    return darkSystem.matches ? 'dark' : 'light';
  }

  get language(): Language {
    return this.#language;
  }

  chooseTheme(choice: ThemeChoice): void {
    this.#theme = choice;
    keep(themeKey, choice);
  }

  chooseLanguage(language: Language): void {
    this.#language = language;
    keep(languageKey, language);
  }

  onSystemChange(listener: () => void): void {
    darkSystem.addEventListener('change', listener);
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    // Storage is switched off: the defaults hold.
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice then lasts until the page is closed.
  }
}
