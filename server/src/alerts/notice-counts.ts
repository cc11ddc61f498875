import { type NoticeChannel, noticeChannels } from './alert.ts';

/** `taken`: notices that were told. `not_taken`: tries that failed. `given_up`: notices that were refused too often, or are too old. */
export const noticeOutcomes = ['taken', 'not_taken', 'given_up'] as const;
export type NoticeOutcome = (typeof noticeOutcomes)[number];

/** What this process has come to with notices, since it started. */
export class NoticeCounts {
  readonly #counts = new Map<string, number>();

  add(channel: NoticeChannel, outcome: NoticeOutcome, count: number): void {
    const key = `${channel} ${outcome}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  /** Of every channel and outcome, those of which there are none too. */
  all(): readonly { readonly channel: NoticeChannel; readonly outcome: NoticeOutcome; readonly count: number }[] {
    return noticeChannels.flatMap((channel) =>
      noticeOutcomes.map((outcome) => ({ channel, outcome, count: this.#counts.get(`${channel} ${outcome}`) ?? 0 })),
    );
  }
}
