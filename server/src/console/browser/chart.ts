import type uPlot from 'uplot';
import type { Desk } from './desk.ts';
import { grounds, type Theme } from './palette.ts';

/** What is drawn with uPlot. */
export interface Drawing {
  readonly options: Omit<uPlot.Options, 'width' | 'height'>;
  readonly data: uPlot.AlignedData;
}

type Library = Pick<typeof uPlot, 'join'>;

const heightPx = 320;
const heightOfPhonePx = 240;
export const minuteS = 60;

/** In an element that stays while the page around it is drawn again; drawn anew when what it shows, the colours or the language have changed. */
export class Chart<What> implements Disposable {
  readonly element = document.createElement('div');
  readonly #desk: Desk;
  readonly #drawingOf: (what: What, desk: Desk, library: Library) => Drawing;
  readonly #resized = new ResizeObserver(() => this.#fit());
  #plot: uPlot | undefined;
  #drawn: { what: What; theme: Theme; language: string } | undefined;
  #isLeft = false;

  constructor(desk: Desk, drawingOf: (what: What, desk: Desk, library: Library) => Drawing) {
    this.#desk = desk;
    this.#drawingOf = drawingOf;
    this.element.className = 'chart';
    this.#resized.observe(this.element);
  }

  async draw(what: What): Promise<void> {
    const { theme, format } = this.#desk;
    const { default: Plot } = await import('uplot');
    const drawn = this.#drawn;
    if (this.#isLeft || (drawn?.what === what && drawn.theme === theme && drawn.language === format.language)) return;
    this.#drawn = { what, theme, language: format.language };
    this.#plot?.destroy();
    this.element.replaceChildren();
    const { options, data } = this.#drawingOf(what, this.#desk, Plot);
    this.#plot = new Plot({ ...this.#size(), ...options }, data, this.element);
  }

  [Symbol.dispose](): void {
    this.#isLeft = true;
    this.#resized.disconnect();
    this.#plot?.destroy();
  }

  #fit(): void {
    this.#plot?.setSize(this.#size());
  }

  #size() {
    const width = Math.max(280, this.element.clientWidth);
    return { width, height: width < 600 ? heightOfPhonePx : heightPx };
  }
}

/** From zero on, so that a difference looks as large as it is. */
export const fromZero: uPlot.Scale = { range: (_, __, max) => [0, Math.max(1, max * 1.1)] };

export function axisOf({ theme }: Pick<Desk, 'theme'>): uPlot.Axis {
  const { text, grid } = grounds[theme];
  return { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
}

export const minutesAxis = (desk: Pick<Desk, 'theme' | 'format'>): uPlot.Axis => ({
  ...axisOf(desk),
  ...{ label: desk.format.text.minutesAxis, labelSize: 20, size: 44 },
});

/** A series of minutes, whose legend has minutes and seconds. */
export const minutesSeries = ({ format }: Pick<Desk, 'format'>, series: uPlot.Series): uPlot.Series => ({
  value: (_: uPlot, value: number | null) => format.duration(value === null ? null : value * minuteS),
  points: { show: false },
  ...series,
});

/** Values that stand for themselves. */
export const dotsSeries = (desk: Pick<Desk, 'format'>, label: string, colour: string): uPlot.Series =>
  minutesSeries(desk, {
    ...{ label, stroke: colour, paths: () => null },
    points: { show: true, size: 4, width: 1, fill: colour },
  });

export const inMinutes = (seconds: number | null): number | null => (seconds === null ? null : seconds / minuteS);
