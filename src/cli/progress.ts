import { formatDuration } from "../lib/duration.ts";
import { alignColumns } from "../lib/paint.ts";
import type { RunEvent } from "../model/run-event.ts";
import type { Step } from "../model/step.ts";
import { stepText } from "../plan/step-text.ts";
import { harmless } from "./output.ts";
import type { Runtime } from "./runtime.ts";

/** Shows a run while it goes on: redrawn on a terminal, plain lines elsewhere. */
export interface ProgressView {
  readonly listen: (event: RunEvent) => void;
  end(): void;
}

export async function createProgress(
  runtime: Runtime,
  redact: (text: string) => string,
): Promise<ProgressView> {
  return runtime.interactive ? liveProgress(runtime, redact) : plainProgress(runtime, redact);
}

function plainProgress(runtime: Runtime, redact: (text: string) => string): ProgressView {
  const say = (text: string) => runtime.stderr(`${redact(harmless(text))}\n`);
  return {
    listen(event) {
      switch (event.kind) {
        case "step-succeeded":
          return say(
            `  ${subjectOf(event.step)}: ${textOf(event.step)}  ${formatDuration(event.durationMs)}`,
          );
        case "step-failed":
          return say(`  ${subjectOf(event.step)}: ${textOf(event.step)} failed: ${event.failure.message}`);
        case "rollback-started":
          return say(`  ${event.change}: rolling back`);
        default:
          return undefined;
      }
    },
    end() {},
  };
}

/** One line for each change under way, redrawn at most ten times a second. */
async function liveProgress(runtime: Runtime, redact: (text: string) => string): Promise<ProgressView> {
  const { createLogUpdate } = await import("log-update");
  const draw = createLogUpdate(process.stderr);
  const active = new Map<string, { text: string; since: number }>();
  let drawing: NodeJS.Timeout | undefined;
  const redraw = () => {
    drawing = undefined;
    const rows = alignColumns(
      [...active].map(([subject, { text }]) => [`  ${runtime.paint("warn", "…")} ${subject}`, text]),
    );
    draw(redact(rows.join("\n")));
  };
  const show = (step: Step, text: string) => {
    active.set(subjectOf(step), { text: harmless(text), since: 0 });
    drawing ??= setTimeout(redraw, 100);
  };
  return {
    listen(event) {
      if (event.kind === "step-started") show(event.step, textOf(event.step));
      else if (event.kind === "step-progress")
        show(event.step, `${textOf(event.step)}: ${event.progress.text}`);
      else if (event.kind === "rollback-started")
        active.set(event.change, { text: "rolling back", since: 0 });
      else if (event.kind === "step-succeeded" || event.kind === "step-failed")
        active.delete(subjectOf(event.step));
    },
    end() {
      clearTimeout(drawing);
      draw.clear();
      draw.done();
    },
  };
}

function subjectOf(step: Step): string {
  return step.change ?? "shared";
}

function textOf(step: Step): string {
  const { verb, object } = stepText(step);
  return `${verb} ${object}`;
}
