import { createHash } from 'node:crypto';
import { escaped } from '../html-text.ts';
import type { PageFiles } from './page-files.ts';
import type { TileServer } from './tile-server.ts';

/** The one document of the console, and the policy that it comes with. */
export interface ConsolePage {
  readonly html: string;
  readonly policy: string;
}

export function consolePage(
  { version, imports, modules, styles }: PageFiles,
  tiles: TileServer | undefined,
): ConsolePage {
  const address = (name: string) => `/assets/${version}/${name}`;
  const importMap = JSON.stringify({
    imports: Object.fromEntries([...imports].map(([bare, name]) => [bare, address(name)])),
  });
  const metas = [
    ...(tiles === undefined
      ? []
      : [
          `<meta name="tdc-tiles" content="${escaped(tiles.url)}">`,
          `<meta name="tdc-tiles-attribution" content="${escaped(tiles.attribution)}">`,
        ]),
    `<meta name="tdc-version" content="${version}">`,
  ];
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tdc</title>
${metas.join('\n')}
<link rel="icon" href="${address('browser/icon.svg')}" type="image/svg+xml">
${styles.map((name) => `<link rel="stylesheet" href="${address(name)}">`).join('\n')}
<script type="importmap">${importMap}</script>
${modules.map((name) => `<link rel="modulepreload" href="${address(name)}">`).join('\n')}
<script type="module" src="${address('browser/main.ts')}"></script>
</head>
<body>
<div id="console"></div>
<noscript>The console needs JavaScript. What it shows can be read as JSON: /api/docs</noscript>
</body>
</html>
`;
  return { html, policy: policyOf(importMap, tiles) };
}

/** Everything comes from this server, but the map's background where one is configured; the one script in the page is known by its digest. */
function policyOf(importMap: string, tiles: TileServer | undefined): string {
  const digest = createHash('sha256').update(importMap).digest('base64');
  const background = tiles === undefined ? '' : ` ${tiles.origin}`;
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${digest}'`,
    "worker-src 'self'",
    "style-src 'self'",
    // Icons in the style of the map are in the style itself; tiles become images of the page.
    `img-src 'self' data:${background}`,
    `connect-src 'self'${background}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
