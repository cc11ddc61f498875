import { option } from '@tdc/shared/config.ts';
import { z } from 'zod';

/** Who is asked for the map's background. */
export interface TileServer {
  /** With `{z}`, `{x}` and `{y}`. */
  readonly url: string;
  readonly origin: string;
  /** Who made the background, to be shown on it. */
  readonly attribution: string;
}

/** An origin is part of a policy, and of nothing that could say more. */
const urlPattern = /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?\/[^\s"'<>]*$/;
const isTemplate = (text: string) => ['{z}', '{x}', '{y}'].every((part) => text.includes(part));
const tiles = z
  .string()
  .refine(
    (text) => urlPattern.test(text) && URL.canParse(text) && isTemplate(text),
    'expected an http or https address with {z}, {x} and {y}, such as https://tiles.example.org/{z}/{x}/{y}.png',
  );

export const consoleOptions = [
  option(
    'console.tiles',
    tiles.optional(),
    undefined,
    "address of the tiles behind the console's map, with {z}, {x} and {y}",
  ),
  option('console.tiles_attribution', z.string().max(200), '', 'who made these tiles, as is to stand on the map'),
] as const;

export const tileServerOf = (url: string | undefined, attribution: string): TileServer | undefined =>
  url === undefined ? undefined : { url, attribution, origin: new URL(url).origin };
