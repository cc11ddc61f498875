/** A page of the console, by its address. */
export type Place =
  | { readonly page: 'overview' }
  | { readonly page: 'link'; readonly from: string; readonly to: string }
  | {
      readonly page: 'history';
      readonly from: string;
      readonly to: string;
      readonly parameters: URLSearchParams;
    }
  | { readonly page: 'detector'; readonly id: string }
  | { readonly page: 'route'; readonly detectorIds: readonly string[] }
  | { readonly page: 'alerts' }
  | { readonly page: 'named-route'; readonly id: string }
  | { readonly page: 'missing' };

export function placeOf({ pathname, searchParams }: URL): Place {
  const [first = '', second, third, ...more] = pathname.split('/').slice(1).map(decoded);
  if (more.length > 0) {
    const isHistory = first === 'links' && more.length === 1 && more[0] === 'history';
    const [from = '', to = ''] = [second, third];
    return isHistory ? { page: 'history', from, to, parameters: searchParams } : { page: 'missing' };
  }
  if (second === undefined) {
    if (first === '' || first === 'links' || first === 'detectors') return { page: 'overview' };
    if (first === 'alerts') return { page: 'alerts' };
    return first === 'route' || first === 'routes'
      ? { page: 'route', detectorIds: searchParams.getAll('via') }
      : { page: 'missing' };
  }
  if (first === 'links' && third !== undefined) return { page: 'link', from: second, to: third };
  if (first === 'detectors' && third === undefined) return { page: 'detector', id: second };
  if (first === 'routes' && third === undefined) return { page: 'named-route', id: second };
  return { page: 'missing' };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const linkAddress = (from: string, to: string): string =>
  `/links/${encodeURIComponent(from)}/${encodeURIComponent(to)}`;
export const historyAddress = ({ from, to }: { readonly from: string; readonly to: string }): string =>
  `${linkAddress(from, to)}/history`;
export const detectorAddress = (id: string): string => `/detectors/${encodeURIComponent(id)}`;
export const namedRouteAddress = (id: string): string => `/routes/${encodeURIComponent(id)}`;
export function routeAddress(detectorIds: readonly string[]): string {
  const query = new URLSearchParams(detectorIds.map((id) => ['via', id]));
  return detectorIds.length === 0 ? '/route' : `/route?${query}`;
}
