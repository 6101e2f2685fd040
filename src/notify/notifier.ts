import type { Notice } from "../model/notice.ts";
import type { Clock, Log } from "../ports.ts";
import { Channel, type ChannelDeps } from "./channel.ts";
import type { Fetch } from "./delivery.ts";
import { type Target, wantedBy } from "./targets.ts";

export interface NotifierOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  /** Notices are free of secrets already; what a later revision brought is looked for as well. */
  readonly redact: (text: string) => string;
  /** What became of each message, for the metrics. */
  readonly ended?: ChannelDeps["ended"];
  /** Milliseconds for one try. */
  readonly deadlineMs?: number;
}

/** Tells people in the background. Nothing here throws, and no run waits for it. */
export interface Notifier {
  /** Takes the place of all targets there were; what waits for one that stays is kept. */
  configure(targets: readonly Target[]): void;
  /** Returns at once. */
  tell(notices: readonly Notice[]): void;
  /** Resolves when everything is delivered or given up; what still waits when the signal fires is given up. */
  flush(signal: AbortSignal): Promise<void>;
}

const defaultDeadlineMs = 10_000;

export function createNotifier(options: NotifierOptions): Notifier {
  const { fetch, clock, log, redact, ended = () => {}, deadlineMs = defaultDeadlineMs } = options;
  const deps: ChannelDeps = { fetch, clock, log, ended, deadlineMs };
  let targets: readonly Target[] = [];
  let channels: ReadonlyMap<string, Channel> = new Map();
  return {
    configure: (wanted) => {
      const before = channels;
      targets = wanted;
      channels = new Map(wanted.map((target) => [target.name, channelFor(target, before, deps)]));
      for (const [name, channel] of before) if (!channels.has(name)) channel.stop();
    },
    tell: (notices) => {
      const clean = notices.map((notice) => redacted(notice, redact));
      for (const target of targets) channels.get(target.name)?.tell(wantedBy(target, clean));
    },
    flush: async (signal) => {
      const stop = () => {
        for (const channel of channels.values()) channel.stop();
      };
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      await Promise.all([...channels.values()].map((channel) => channel.idle()));
      signal.removeEventListener("abort", stop);
    },
  };
}

function channelFor(target: Target, known: ReadonlyMap<string, Channel>, deps: ChannelDeps): Channel {
  const channel = known.get(target.name);
  if (channel === undefined) return new Channel(target, deps);
  channel.retarget(target);
  return channel;
}

function redacted(notice: Notice, redact: (text: string) => string): Notice {
  return { ...notice, title: redact(notice.title), details: notice.details.map(redact) };
}
