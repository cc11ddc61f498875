import { english, type Messages } from './messages/english.ts';
import { german } from './messages/german.ts';

export type Language = 'en' | 'de';

export const languages: Readonly<Record<Language, { readonly name: string; readonly messages: Messages }>> = {
  en: { name: 'English', messages: english },
  de: { name: 'Deutsch', messages: german },
};

export const isLanguage = (text: string | null): text is Language => text !== null && Object.hasOwn(languages, text);

/** The first of the browser's languages that there is. */
export function languageOf(wanted: readonly string[]): Language {
  return wanted.map((each) => each.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';
}
