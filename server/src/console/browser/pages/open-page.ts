import { html } from 'lit-html';
import type { Desk, Page } from '../desk.ts';
import type { Place } from '../router.ts';
import { AlertsPage } from './alerts-page.ts';
import { DetectorPage } from './detector-page.ts';
import { HistoryPage } from './history-page.ts';
import { LinkPage } from './link-page.ts';
import { NamedRoutePage } from './named-route-page.ts';
import { OverviewPage } from './overview.ts';
import { RoutePage } from './route-page.ts';

export function openPage(desk: Desk, place: Place): Page {
  switch (place.page) {
    case 'overview':
      return new OverviewPage(desk);
    case 'link':
      return new LinkPage(desk, place);
    case 'history':
      return new HistoryPage(desk, place, place.parameters);
    case 'detector':
      return new DetectorPage(desk, place.id);
    case 'route':
      return new RoutePage(desk, place.detectorIds);
    case 'alerts':
      return new AlertsPage(desk);
    case 'named-route':
      return new NamedRoutePage(desk, place.id);
    case 'missing':
      return missingPage(desk);
  }
}

const missingPage = (desk: Desk): Page => ({
  title: () => desk.format.text.appName,
  view: () => html`<p>${desk.format.text.pageMissing}</p>`,
  [Symbol.dispose]: () => {},
});
