/** Short ways to write what tests put into configuration repositories. */

export interface UnitOptions {
  readonly service?: readonly string[];
  readonly unit?: readonly string[];
  readonly update?: readonly string[];
}

/** A unit that runs `docker run <line>`. It is restarted always and stopped within two seconds, as most real ones. */
export function unit(line: string, options: UnitOptions = {}): string {
  const service = options.service ?? ["Restart=always", "TimeoutStopSec=2"];
  return [
    "[Unit]",
    "Description=A workload of a test",
    ...(options.unit ?? []),
    "",
    "[Service]",
    ...service,
    `ExecStart=/usr/bin/docker run ${line}`,
    ...(options.update === undefined ? [] : ["", "[X-Update]", ...options.update]),
    "",
  ].join("\n");
}

/** A unit that runs once. */
export function jobUnit(line: string, unitLines: readonly string[] = []): string {
  return unit(line, { service: ["Type=oneshot"], unit: unitLines });
}

/** A compose file in JSON, which is YAML as well. */
export function compose(content: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}
