import { grounds, healthColours, levelColours, type Theme } from './palette.ts';

/** Lets the style use the colours that the map and the plots are drawn with. */
export function colourPage(root: HTMLElement, theme: Theme): void {
  root.dataset.theme = theme;
  const { map, text, grid } = grounds[theme];
  const colours = {
    ground: map,
    text,
    grid,
    ...prefixed('level', levelColours[theme]),
    ...prefixed('health', healthColours[theme]),
  };
  for (const [name, colour] of Object.entries(colours)) root.style.setProperty(`--${name}`, colour);
}

const prefixed = (prefix: string, colours: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(colours).map(([name, colour]) => [`${prefix}-${name}`, colour]));
