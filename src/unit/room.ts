import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { formatLimit, limits } from "../lib/limits.ts";

/** How much one unit may still bring in: a short variable can stand for a long text, and stand there a thousand times. */
export class Room {
  private left: number = limits.broughtIn.most;
  private readonly sink: DiagnosticSink;

  constructor(sink: DiagnosticSink) {
    this.sink = sink;
  }

  /** Whether so many characters more fit; the first that do not are reported at the place. */
  take(characters: number, place: () => Position): boolean {
    if (this.left < 0) return false;
    this.left -= characters;
    if (this.left >= 0) return true;
    const message = `the unit brings in more than ${formatLimit("broughtIn")} with its variables and files`;
    this.sink.error(place(), "too-large", message, "put large data into a file that is mounted");
    return false;
  }
}
